// The times a finished job reports. All are on Redis's clock: another machine may have made the attempts before this
// one, and clocks of machines differ.

import { timingsOf } from '../stream/ends.ts'
import type { Timings } from '../stream/events.ts'
import type { JobRecord } from '../stream/job-record.ts'

export class JobClock {
  readonly #record: JobRecord
  readonly #redisNow: number
  readonly #openedLocally = performance.now()
  #firstTokenAt: number | undefined

  /** @param redisNow Redis's time when this attempt was opened, ms since the epoch */
  constructor(record: JobRecord, redisNow: number) {
    this.#record = record
    this.#redisNow = redisNow
    this.#firstTokenAt = record.first_token_at
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
    return timingsOf({ ...this.#record, first_token_at: this.#firstTokenAt }, this.#now, tokens)
  }
}
