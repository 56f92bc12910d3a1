// One attempt's events on their way into its job's log: what was written, how far Redis is known to have it, and whether
// anybody still wants it. It never forgets an event before the end: after a failover Redis may have lost the newest, and the
// `gap` verdict then says from where to send them again.

import { isTerminal, type NewEvent } from './events.ts'
import type { Append, AppendResult, AppendVerdict } from './job-store.ts'

/** Why a job's events are no longer wanted. `gap`: Redis has lost events of earlier attempts; only a new one can go on. */
export type StopVerdict = Exclude<AppendVerdict, 'ok'>

/** Events of one job that may wait for a Redis that is away or slow. */
const mostUnconfirmed = 256

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

  /** Another attempt is to go on with the job: as if one had begun. */
  giveUp(): void {
    this.#stop('fenced')
    this.#resolveWaiters()
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
        // Further than anything that was written: somebody else has.
        if (lastSeq >= this.#startSeq + this.#events.length) this.#stop('damaged')
        else this.#confirmedSeq = Math.max(this.#confirmedSeq, lastSeq)
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
    this.#resolveWaiters()
  }

  #resolveWaiters(): void {
    for (const resolve of this.#waiters.splice(0)) resolve()
  }

  #stop(verdict: StopVerdict): void {
    if (this.#stopped) return
    this.#stopped = verdict
    this.#onStop(verdict)
  }
}
