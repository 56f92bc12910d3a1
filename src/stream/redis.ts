// Connections to Redis. A process has few: one for commands, one that subscribes, and those BullMQ makes for itself.

import { type Cluster, Redis } from 'ioredis'
import { AppError } from '../errors.ts'

/** Milliseconds between two attempts to reach a Redis that is away: quick at first, then once a second with jitter. */
function retryStrategy(attempt: number): number {
  return Math.min(50 * 2 ** Math.min(attempt, 5), 1000) * (0.75 + Math.random() / 2)
}

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
export function connectRedis(url: string, use: ConnectionUse, onError: (error: Error) => void): Redis {
  const options = {
    retryStrategy,
    // Commands that are already on the wire are resent after a reconnect; every script of ours is idempotent for it.
    maxRetriesPerRequest: use === 'requests' ? 1 : null,
    enableOfflineQueue: use !== 'requests',
    connectTimeout: 5000,
    // A Redis that hangs (stopped process, lost network) counts as away.
    ...(use === 'requests' ? { commandTimeout: 5000 } : {}),
  }
  const redis = new Redis(url, options)
  redis.on('error', onError)
  return redis
}

/** Resolves once the connection is usable. @throws AppError `unavailable` after `timeoutMs` */
export async function waitForRedis(redis: Redis, timeoutMs: number): Promise<void> {
  if (redis.status === 'ready') return
  let timer: NodeJS.Timeout | undefined
  const ready = new Promise<void>((resolve) => redis.once('ready', resolve))
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const address = `${redis.options.host}:${redis.options.port}`
      reject(new AppError('unavailable', `no Redis answers at ${address}; start one or set REDIS_URL`))
    }, timeoutMs)
  })
  await Promise.race([ready, late]).finally(() => clearTimeout(timer))
}

/** Redis's clock, ms since the epoch. Times that several machines compare are all by this one. */
export async function redisNow(redis: RedisClient): Promise<number> {
  const [seconds, microseconds] = await redis.time()
  return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000)
}

/** Ends a connection without waiting for a Redis that may be away. */
export async function closeRedis(redis: RedisClient): Promise<void> {
  if (redis.status === 'ready') await Promise.race([redis.quit().catch(() => {}), delay(500)])
  redis.disconnect()
}

const delay = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms).unref())
