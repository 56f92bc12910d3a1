// Who serves: heartbeats of the workers, and how many jobs each holds at this moment.

import { z } from 'zod'
import type { Keys } from './keys.ts'
import { execAll, type RedisClient, redisNow } from './redis.ts'

export const heartbeatIntervalMs = 1000
/** A worker that has missed this many milliseconds of heartbeats counts as gone. */
const heartbeatLifeMs = 5000

export const workerInfoSchema = z.object({
  id: z.string(),
  host: z.string(),
  pid: z.int(),
  model: z.string(),
  precision: z.string(),
  slots: z.int(),
  threads: z.int(),
  max_context: z.int(),
  started_at: z.number(),
  /** Whether its engine can take jobs now. */
  ready: z.boolean(),
  /** The 99th percentile of the last second. */
  event_loop_lag_ms: z.number(),
  engine: z.object({
    running: z.int(),
    waiting: z.int(),
    steps: z.int(),
    prefill_tokens: z.int(),
    decode_tokens: z.int(),
    prompt_tokens: z.int(),
    /** Of the prompt tokens, those whose keys and values were reused instead of computed. */
    cached_tokens: z.int(),
    drafted_tokens: z.int(),
    accepted_tokens: z.int(),
    preemptions: z.int(),
    /** Of the slots times max_context that the cache has. */
    kv_tokens: z.int(),
    busy_ms: z.number(),
  }),
})
export type WorkerInfo = z.infer<typeof workerInfoSchema>

/** A worker as others see it: its last heartbeat, and the jobs it holds, which is newer. */
export type LiveWorker = WorkerInfo & { jobs: number }

export class WorkerRegistry {
  readonly #redis: RedisClient
  readonly #keys: Keys

  constructor(redis: RedisClient, keys: Keys) {
    this.#redis = redis
    this.#keys = keys
  }

  async beat(info: WorkerInfo): Promise<void> {
    const now = await redisNow(this.#redis, this.#keys)
    await execAll(
      this.#redis
        .pipeline()
        .zadd(this.#keys.workers, now + heartbeatLifeMs, info.id)
        .hset(this.#keys.workerInfo, info.id, JSON.stringify(info)),
    )
  }

  async setJobs(id: string, jobs: number): Promise<void> {
    await this.#redis.hset(this.#keys.workerLoad, id, jobs)
  }

  async leave(id: string): Promise<void> {
    await execAll(
      this.#redis
        .pipeline()
        .zrem(this.#keys.workers, id)
        .hdel(this.#keys.workerInfo, id)
        .hdel(this.#keys.workerLoad, id),
    )
  }

  /** The workers heard of lately; those long gone are forgotten. A damaged heartbeat is no worker. */
  async live(): Promise<LiveWorker[]> {
    const now = await redisNow(this.#redis, this.#keys)
    const [ids, gone] = await Promise.all([
      this.#redis.zrangebyscore(this.#keys.workers, now, '+inf'),
      this.#redis.zrangebyscore(this.#keys.workers, '-inf', now - 60_000),
    ])
    for (const id of gone) await this.leave(id)
    if (ids.length === 0) return []
    const [infos, loads] = await Promise.all([
      this.#redis.hmget(this.#keys.workerInfo, ...ids),
      this.#redis.hmget(this.#keys.workerLoad, ...ids),
    ])
    return ids.flatMap((_, index) => {
      const info = parseInfo(infos[index] ?? '')
      return info ? [{ ...info, jobs: Number(loads[index] ?? 0) }] : []
    })
  }
}

function parseInfo(json: string): WorkerInfo | null {
  try {
    return workerInfoSchema.parse(JSON.parse(json))
  } catch {
    return null
  }
}
