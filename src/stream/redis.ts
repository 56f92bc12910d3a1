// Connections to Redis. A process has few: one for commands, one that subscribes, and those BullMQ makes for itself.

import { setTimeout as sleep } from 'node:timers/promises'
import { type ChainableCommander, Cluster, Redis } from 'ioredis'
import { AppError } from '../errors.ts'
import { parseRedisAddress } from '../redis-address.ts'
import type { Keys } from './keys.ts'

/** One server, whatever stands behind its address, or a cluster of them. */
export type RedisClient = Redis | Cluster

export type ConnectionUse =
  /** Commands on behalf of a waiting client: while Redis is away they fail at once, so that it hears a 503. */
  | 'requests'
  /** Commands that must reach Redis whenever it is back: the worker's. */
  | 'background'
  /** Pub/sub. Subscriptions are renewed after a reconnect. */
  | 'subscriber'

/**
 * Opens a connection. It never gives up reconnecting, and never throws for a Redis that is away: commands do.
 * @param onError every connection error, for the log; ioredis would print them otherwise
 */
export function connectRedis(url: string, use: ConnectionUse, onError: (error: Error) => void): RedisClient {
  const redis = openClient(url, {
    retryStrategy,
    // Commands that are already on the wire are resent after a reconnect; every script of ours is idempotent for it.
    maxRetriesPerRequest: use === 'requests' ? 1 : null,
    enableOfflineQueue: use !== 'requests',
    connectTimeout: 5000,
    // A Redis that hangs (stopped process, lost network) counts as away.
    ...(use === 'requests' ? { commandTimeout: 5000 } : {}),
  })
  redis.on('error', onError)
  return redis
}

/** A client that tries once and never reconnects; its `connect()` must be called. */
export function connectOnce(url: string, onError: (error: Error) => void): RedisClient {
  const redis = openClient(url, {
    lazyConnect: true,
    connectTimeout: 5000,
    commandTimeout: 5000,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  })
  redis.on('error', onError)
  return redis
}

/** Redis that was away has been back for so long at most when a process of ours finds it. */
export const longestRetryMs = 1250

/** Milliseconds between two attempts to reach a Redis that is away: quick at first, then once a second with jitter. */
function retryStrategy(attempt: number): number {
  return Math.min(50 * 2 ** Math.min(attempt, 5), 1000) * (0.75 + Math.random() / 2)
}

interface ClientOptions {
  retryStrategy: (attempt: number) => number | null
  maxRetriesPerRequest: number | null
  connectTimeout: number
  commandTimeout?: number
  enableOfflineQueue?: boolean
  lazyConnect?: boolean
}

/** @throws AppError `bad_setting` for what is no address */
function openClient(url: string, options: ClientOptions): RedisClient {
  const address = parseRedisAddress(url)
  if (!address) throw new AppError('bad_setting', 'REDIS_URL is not the address of a Redis', { field: 'REDIS_URL' })
  if (address.kind === 'server') return new Redis(address.url, options)
  const { hosts, tls, username, password } = address
  const access = {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(tls && { tls: {} }),
  }
  if (address.kind === 'cluster') {
    const { retryStrategy: clusterRetryStrategy, enableOfflineQueue = true, lazyConnect = false, ...rest } = options
    const redisOptions = { ...rest, ...access }
    return new Cluster(hosts, { clusterRetryStrategy, enableOfflineQueue, lazyConnect, redisOptions })
  }
  const { sentinelPassword } = address
  return new Redis({
    ...options,
    ...access,
    sentinels: hosts,
    ...{ name: address.name, db: address.db, enableTLSForSentinelMode: tls },
    ...(sentinelPassword !== undefined && { sentinelPassword }),
    sentinelRetryStrategy: options.retryStrategy,
    // A primary that hangs closes no connection: the Sentinels say that another one has taken over.
    failoverDetector: options.lazyConnect !== true,
    // The primary has become a replica under this connection: find the new one, and send the command again.
    reconnectOnError: (error) => (error.message.startsWith('READONLY') ? 2 : false),
  })
}

/** At a start. A Redis that starts, too, reads its log back first. */
const startLimitMs = 30_000

/**
 * Resolves once the connection is usable.
 * @throws AppError `unavailable` after `timeoutMs`, `bad_setting` at once when the Redis refuses the address's password
 */
export async function waitForRedis(redis: RedisClient, timeoutMs = startLimitMs): Promise<void> {
  if (redis.status === 'ready') return
  let timer: NodeJS.Timeout | undefined
  let onError = (_: Error): void => {}
  const ready = new Promise<void>((resolve) => redis.once('ready', resolve))
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new AppError('unavailable', `no Redis answers at ${placeOf(redis)}; start one or set REDIS_URL`))
    }, timeoutMs)
    onError = (error) => {
      if (/^(NOAUTH|WRONGPASS)\b/.test(error.message)) reject(wrongPassword(redis, error))
    }
    redis.on('error', onError)
  })
  await Promise.race([ready, late]).finally(() => {
    clearTimeout(timer)
    redis.off('error', onError)
  })
}

function wrongPassword(redis: RedisClient, cause: Error): AppError {
  const message = `the Redis at ${placeOf(redis)} wants a password that REDIS_URL does not have: redis://:PASSWORD@HOST:PORT`
  return new AppError('bad_setting', message, { field: 'REDIS_URL', cause })
}

function placeOf(redis: RedisClient): string {
  if (redis instanceof Cluster) return 'any node of the cluster'
  const { host, port, sentinels, name } = redis.options
  return sentinels ? `the primary that the Sentinels call ${name}` : `${host}:${port}`
}

/** Redis's clock, ms since the epoch: in a cluster, that of the node that has our keys. Times are all by this one. */
export async function redisNow(redis: RedisClient, keys: Keys): Promise<number> {
  const [seconds, microseconds] = (await redis.eval("return redis.call('TIME')", 1, keys.admitted)) as [string, string]
  return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000)
}

/** Sends commands together. @throws the first error among their answers, which `exec()` alone does not */
export async function execAll(commands: ChainableCommander): Promise<void> {
  for (const [error] of (await commands.exec()) ?? []) if (error) throw error
}

/** Ends a connection without waiting for a Redis that may be away. */
export async function closeRedis(redis: RedisClient): Promise<void> {
  if (redis.status === 'ready')
    await Promise.race([redis.quit().catch(() => {}), sleep(500, undefined, { ref: false })])
  redis.disconnect()
}
