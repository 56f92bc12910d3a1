// Asks a running Redis whether it can carry the service.

import { AppError } from '../errors.ts'
import { withoutPasswords } from '../setting-values.ts'
import { connectOnce } from '../stream/redis.ts'
import { oldestRedisMajor } from './redis-binary.ts'

export interface RedisFacts {
  version: string
  /** `noeviction`, or a policy under which Redis may throw away jobs when it is full. */
  maxmemoryPolicy: string
}

/** Throws `unavailable` when it does not answer or refuses us, `bad_setting` when it is too old. */
export async function probeRedis(url: string): Promise<RedisFacts> {
  const info = await readInfo(url).catch((cause: Error) => {
    throw new AppError(
      'unavailable',
      `the Redis at ${withoutPasswords(url)} can't be used: ${cause.message}; start it, or unset REDIS_URL so that \`npm start\` runs one`,
      { cause },
    )
  })
  const version = info.get('redis_version') ?? '0'
  if (Number.parseInt(version, 10) < oldestRedisMajor) {
    throw new AppError(
      'bad_setting',
      `the Redis at ${withoutPasswords(url)} is version ${version}; ${oldestRedisMajor} or later is needed`,
      { field: 'REDIS_URL' },
    )
  }
  return { version, maxmemoryPolicy: info.get('maxmemory_policy') ?? 'unknown' }
}

async function readInfo(url: string): Promise<Map<string, string>> {
  // ioredis rejects with "Connection is closed."; the reason comes as an event before.
  let reason: Error | null = null
  const client = connectOnce(url, (error) => {
    reason = error
  })
  try {
    await client.connect()
    // INFO, not CONFIG: hosted services forbid CONFIG.
    const lines = (await client.info('everything')).split('\r\n')
    return new Map(lines.map((line) => [line.split(':', 1)[0] ?? '', line.slice(line.indexOf(':') + 1)]))
  } catch (thrown) {
    throw reason ?? thrown
  } finally {
    client.disconnect()
  }
}

/** True when it answers PING; false while it is away, loading its data, or not ours to talk to. */
export async function redisAnswers(url: string): Promise<boolean> {
  const client = connectOnce(url, () => {})
  try {
    await client.connect()
    return (await client.ping()) === 'PONG'
  } catch {
    return false
  } finally {
    client.disconnect()
  }
}
