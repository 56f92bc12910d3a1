// When Redis was last away for a worker: not connected; connected and silent, as a frozen process or machine is; there, but
// refusing; or this process itself did not run, as when the whole machine slept. What lapsed meanwhile proves nothing: no
// API may have been able to renew it.
//
// Known in time: Redis answers in order, so what was sent during a silence or right after it is answered after the
// question of the silence's first moments; and who asks right after a sleep, before the next tick, sees how old the last is.

import type { Keys } from './keys.ts'
import { renewalMs } from './lease.ts'
import { longestRetryMs, type RedisClient } from './redis.ts'

/**
 * How long after an absence of Redis a lapsed lease proves nothing: readers who were cut off too have a grace to come back,
 * and their API may have found Redis later than this worker.
 */
export function doubtMs(graceMs: number): number {
  return graceMs + longestRetryMs
}

export class RedisAbsence {
  readonly #redis: RedisClient
  readonly #keys: Keys
  readonly #graceMs: number
  readonly #timer: NodeJS.Timeout
  #tickedAt = Date.now()
  /** Whether the question of an earlier tick is still without an answer. */
  #asking = false
  /** When Redis last came, new or again, or answered again; of `performance.now()`. */
  #overAt = performance.now()

  constructor(redis: RedisClient, keys: Keys, graceMs: number) {
    this.#redis = redis
    this.#keys = keys
    this.#graceMs = graceMs
    redis.on('ready', this.#over)
    this.#timer = setInterval(() => void this.#tick(), renewalMs(graceMs) / 4)
    this.#timer.unref()
  }

  /** Whether it ended less than `doubtMs` ago. */
  get isRecent(): boolean {
    this.#overIfLongSince(this.#tickedAt)
    return performance.now() - this.#overAt < doubtMs(this.#graceMs)
  }

  /** Passes an answer of Redis on, and notes that Redis was away where it was long in coming or refuses. */
  async heard<Answer>(answer: Promise<Answer>): Promise<Answer> {
    const askedAt = Date.now()
    try {
      return await answer
    } catch (thrown) {
      this.#over()
      throw thrown
    } finally {
      this.#overIfLongSince(askedAt)
    }
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#redis.off('ready', this.#over)
  }

  readonly #over = (): void => {
    this.#overAt = performance.now()
  }

  /** Long is what may have cost a renewal; by the wall clock, as leases are: it goes on while a machine sleeps. */
  #overIfLongSince(at: number): void {
    if (Date.now() - at > renewalMs(this.#graceMs)) this.#over()
  }

  async #tick(): Promise<void> {
    this.#overIfLongSince(this.#tickedAt)
    this.#tickedAt = Date.now()
    if (this.#asking) return
    this.#asking = true
    // Any question to the server that has the jobs will do.
    await this.heard(this.#redis.exists(this.#keys.admitted)).catch(() => {})
    this.#asking = false
  }
}
