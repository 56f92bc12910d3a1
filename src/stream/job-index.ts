// What Redis knows of all jobs together: who waits where, how many there are, who is late. Only reads.

import type { Keys } from './keys.ts'
import { type RedisClient, redisNow } from './redis.ts'

export class JobIndex {
  readonly #redis: RedisClient
  readonly #keys: Keys

  constructor(redis: RedisClient, keys: Keys) {
    this.#redis = redis
    this.#keys = keys
  }

  /** 1-based places in the line of those of the jobs that still wait. */
  async positions(ids: string[]): Promise<Map<string, number>> {
    const pipeline = this.#redis.pipeline()
    for (const id of ids) pipeline.zrank(this.#keys.waiting, id)
    const ranks = (await pipeline.exec()) ?? []
    const found = new Map<string, number>()
    ids.forEach((id, index) => {
      const rank = ranks[index]?.[1]
      if (typeof rank === 'number') found.set(id, rank + 1)
    })
    return found
  }

  /** The newest jobs first: one owner's, or with null everyone's. */
  async recent(owner: string | null, limit: number): Promise<string[]> {
    return this.#redis.zrevrange(this.#keys.recent(owner), 0, limit - 1)
  }

  /** How many jobs are admitted and unfinished, wait for a worker, and how many prompt tokens they hold. */
  async depth(): Promise<{ admitted: number; waiting: number; promptTokens: number }> {
    const [admitted, waiting, tokens] = await Promise.all([
      this.#redis.zcard(this.#keys.admitted),
      this.#redis.zcard(this.#keys.waiting),
      this.#redis.get(this.#keys.admittedTokensTotal),
    ])
    return { admitted, waiting, promptTokens: Number(tokens ?? 0) }
  }

  /** Admitted jobs whose deadline passed longer than `ms` ago, a few at a time. */
  async overdue(ms: number): Promise<string[]> {
    const limit = (await redisNow(this.#redis, this.#keys)) - ms
    return this.#redis.zrangebyscore(this.#keys.admitted, '-inf', limit, 'LIMIT', 0, 100)
  }

  /** How long a job holds its slot, a moving average in ms, and how many jobs have held one; null before the first. */
  async rate(): Promise<{ holdMs: number | null; ended: number | null }> {
    const [holdMs, ended] = await this.#redis.hmget(this.#keys.rate, 'hold_ms', 'ended')
    return { holdMs: numberOrNull(holdMs), ended: numberOrNull(ended) }
  }
}

/** null for what is missing or no number. */
function numberOrNull(value: string | null | undefined): number | null {
  const number = Number(value ?? Number.NaN)
  return Number.isFinite(number) ? number : null
}
