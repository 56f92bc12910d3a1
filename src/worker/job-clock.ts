// The times a finished job reports. All are on Redis's clock: another machine may have made the attempts before this
// one, and clocks of machines differ.

import type { Timings } from '../stream/events.ts'
import type { JobRecord } from '../stream/job-record.ts'

export class JobClock {
  readonly #record: JobRecord
  readonly #redisNow: number
  readonly #openedLocally = performance.now()
  #firstTokenAt: number | null

  /** @param redisNow Redis's time when this attempt was opened, ms since the epoch */
  constructor(record: JobRecord, redisNow: number) {
    this.#record = record
    this.#redisNow = redisNow
    this.#firstTokenAt = record.first_token_at ?? null
  }

  /** The job's deadline on this machine's clock, ms since the epoch. */
  get localDeadline(): number {
    return Math.round(Date.now() + this.msToDeadline)
  }

  get msToDeadline(): number {
    return this.#record.deadline_at - this.#now
  }

  get #now(): number {
    return this.#redisNow + performance.now() - this.#openedLocally
  }

  /** Called with every token; the first one counts, in whichever attempt it came. */
  tokenArrived(): void {
    this.#firstTokenAt ??= this.#now
  }

  /** @param tokens generated in all attempts */
  timings(tokens: number): Timings {
    const { created_at: createdAt, opened_at: openedAt } = this.#record
    const now = this.#now
    const decodeMs = this.#firstTokenAt === null ? 0 : now - this.#firstTokenAt
    return {
      queued_ms: Math.max(0, Math.round((openedAt ?? now) - createdAt)),
      ttft_ms: this.#firstTokenAt === null ? null : Math.round(this.#firstTokenAt - createdAt),
      total_ms: Math.round(now - createdAt),
      tokens_per_second: tokens > 1 && decodeMs > 0 ? Math.round(((tokens - 1) / decodeMs) * 10_000) / 10 : null,
    }
  }
}
