// Starts a Redis of ours again when it ends on its own: clients keep their streams over it, its data is on disk.

import type { RedisProcess } from './redis-process.ts'

/** Ends closer together than this are one fault that repeats. */
const shortLifeMs = 10_000
const maxShortLives = 3

export function keepRedis(
  redis: RedisProcess,
  say: (line: string) => void,
  giveUp: (reason: string) => void,
  now: () => number = () => performance.now(),
): void {
  let startedAt = now()
  let shortLives = 0
  redis.onEnd((lastWords) => {
    shortLives = now() - startedAt < shortLifeMs ? shortLives + 1 : 0
    if (shortLives >= maxShortLives) {
      return giveUp(`${redis.name} ended ${shortLives} times in a row: ${lastWords}`)
    }
    say(`${redis.name} ended (${lastWords}); starting it again`)
    startedAt = now()
    // A server that ends while it starts is reported through onEnd.
    redis.restart().catch(() => {})
  })
}
