// The worker's way into the logs. Whatever has gathered since the last round trip goes out with the next one, so a step
// of the engine costs one command however many sequences it advanced.
//
// A writer keeps the events of its job until the end: after a failover Redis may have lost the newest, and the `gap`
// verdict then says from where to send them again.

import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { toAppError } from '../errors.ts'
import { isTerminal, type NewEvent } from './events.ts'
import type { Append, AppendResult, AppendVerdict, JobStore } from './job-store.ts'

/** Why a job's events are no longer wanted. `gap`: Redis has lost events of earlier attempts; only a new one can go on. */
export type StopVerdict = Exclude<AppendVerdict, 'ok'>

/** Events of one job that may wait for a Redis that is away or slow. */
const mostUnconfirmed = 256
/** Between two tries to reach a Redis that is away. */
const retryMs = 200

export class JobWriter {
  readonly #startSeq: number
  readonly #wake: () => void
  readonly #onStop: (verdict: StopVerdict) => void
  /** Events of this attempt, `events[i]` having seq `startSeq + i`. */
  readonly #events: NewEvent[] = []
  /** The seq up to which Redis is known to have the log. */
  #confirmedSeq: number
  #stopped: StopVerdict | null = null
  #waiters: (() => void)[] = []

  constructor(
    readonly id: string,
    readonly attempt: number,
    startSeq: number,
    wake: () => void,
    onStop: (verdict: StopVerdict) => void,
  ) {
    this.#startSeq = startSeq
    this.#wake = wake
    this.#onStop = onStop
    this.#confirmedSeq = startSeq - 1
  }

  /** Queues events; they are on their way within the current round trip's time. */
  write(...events: NewEvent[]): void {
    if (this.#stopped) return
    this.#events.push(...events)
    this.#wake()
  }

  /**
   * Writes the job's terminal event and waits until Redis has everything. A job that was stopped takes it right behind
   * what its log has: call again, with an end that says so, after `cancelled` or `abandoned`.
   * @returns `ok`, or why the log did not take it
   */
  async finish(end: NewEvent): Promise<'ok' | StopVerdict> {
    if (this.#stopped === 'cancelled' || this.#stopped === 'abandoned') {
      this.#events.length = this.#confirmedSeq + 1 - this.#startSeq
      this.#stopped = null
    }
    this.write(end)
    await this.drained()
    return this.#stopped ?? 'ok'
  }

  /** Generated tokens of this attempt that the log has. */
  get tokensWritten(): number {
    const confirmed = this.#events.slice(0, this.#confirmedSeq + 1 - this.#startSeq)
    return confirmed.filter((event) => event.type === 'token' && event.tokenId !== null).length
  }

  /** null: there is room for more events; else resolves when Redis has what was written, or the job was stopped. */
  room(): Promise<void> | null {
    return this.backlog < mostUnconfirmed || this.#stopped ? null : this.drained()
  }

  /** Resolves when Redis has all that was written, or the job was stopped. */
  async drained(): Promise<void> {
    while (this.backlog > 0 && !this.#stopped) await new Promise<void>((resolve) => this.#waiters.push(resolve))
  }

  /** Events that Redis has not confirmed yet. */
  get backlog(): number {
    return this.#startSeq + this.#events.length - 1 - this.#confirmedSeq
  }

  /** The command for everything unconfirmed, or null. */
  pending(): Append | null {
    if (this.#stopped || this.backlog <= 0) return null
    const firstSeq = this.#confirmedSeq + 1
    return { id: this.id, attempt: this.attempt, firstSeq, events: this.#events.slice(firstSeq - this.#startSeq) }
  }

  /** Takes the log's answer. What it says of a job that is not ours any more counts, not how far its log has come. */
  settle(sent: Append, result: AppendResult): void {
    const { verdict, lastSeq } = result
    const complete = lastSeq === sent.firstSeq + sent.events.length - 1
    switch (verdict) {
      case 'ok':
        this.#confirmedSeq = Math.max(this.#confirmedSeq, lastSeq)
        break
      case 'gap':
        // Redis has lost what it had confirmed; what is older than this attempt can't be sent again.
        if (lastSeq < this.#startSeq - 1) this.#stop(verdict)
        else this.#confirmedSeq = lastSeq
        break
      case 'ended':
        // The reply to a resent end is the end itself.
        if (complete && isTerminal(sent.events.at(-1)!)) this.#confirmedSeq = lastSeq
        else this.#stop('ended')
        break
      case 'cancelled':
      case 'abandoned':
        this.#confirmedSeq = Math.max(lastSeq, this.#startSeq - 1)
        if (!complete) this.#stop(verdict)
        break
      case 'fenced':
      case 'missing':
      case 'damaged':
        this.#stop(verdict)
        break
      default:
        verdict satisfies never
    }
    for (const resolve of this.#waiters.splice(0)) resolve()
  }

  #stop(verdict: StopVerdict): void {
    if (this.#stopped) return
    this.#stopped = verdict
    this.#onStop(verdict)
  }
}

export class Publisher {
  readonly #store: Pick<JobStore, 'append'>
  readonly #onError: (error: Error) => void
  readonly #writers = new Map<string, JobWriter>()
  #flushing = false
  #dirty = false

  constructor(store: Pick<JobStore, 'append'>, onError: (error: Error) => void) {
    this.#store = store
    this.#onError = onError
  }

  /** @param onStop called once when the job's events are no longer wanted; the writer ignores further ones */
  writer(id: string, attempt: number, startSeq: number, onStop: (verdict: StopVerdict) => void): JobWriter {
    const writer = new JobWriter(id, attempt, startSeq, () => this.#schedule(), onStop)
    this.#writers.set(id, writer)
    return writer
  }

  release(writer: JobWriter): void {
    if (this.#writers.get(writer.id) === writer) this.#writers.delete(writer.id)
  }

  #schedule(): void {
    this.#dirty = true
    if (!this.#flushing) void this.#flush()
  }

  async #flush(): Promise<void> {
    this.#flushing = true
    // Whatever the same step writes for other jobs is written before this continues.
    await nextTurn()
    while (this.#dirty) {
      this.#dirty = false
      const writers = [...this.#writers.values()]
      const sent = writers.flatMap((writer) => {
        const append = writer.pending()
        return append ? [{ writer, append }] : []
      })
      if (sent.length === 0) break
      try {
        const results = await this.#store.append(sent.map(({ append }) => append))
        sent.forEach(({ writer, append }, index) => {
          writer.settle(append, results[index]!)
        })
      } catch (thrown) {
        this.#onError(toAppError(thrown, 'unavailable'))
        await sleep(retryMs)
      }
      if (sent.some(({ writer }) => writer.pending() !== null)) this.#dirty = true
    }
    this.#flushing = false
  }
}
