// The worker's way into the logs. Whatever has gathered since the last round trip goes out with the next one, so a step
// of the engine costs one round trip, and a command for every 16 sequences that it advanced.

import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { toAppError } from '../errors.ts'
import type { Append, JobStore } from './job-store.ts'
import { JobWriter, type StopVerdict } from './job-writer.ts'

/** Between two tries to reach a Redis that is away. */
const retryMs = 200
/** Redis does nothing else during a command, and sends what it publishes behind it: a large step goes out in several. */
const jobsPerCommand = 16

interface Pending {
  writer: JobWriter
  append: Append
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

  /** Gives up what Redis has not taken: its jobs go on elsewhere. */
  close(): void {
    for (const writer of this.#writers.values()) writer.giveUp()
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
      const pending = [...this.#writers.values()].flatMap((writer) => {
        const append = writer.pending()
        return append ? [{ writer, append }] : []
      })
      if (pending.length === 0) break
      const commands = []
      for (let at = 0; at < pending.length; at += jobsPerCommand) {
        commands.push(this.#send(pending.slice(at, at + jobsPerCommand)))
      }
      if ((await Promise.all(commands)).includes(false)) await sleep(retryMs)
      if (pending.some(({ writer }) => writer.pending() !== null)) this.#dirty = true
    }
    this.#flushing = false
  }

  /** @returns whether Redis has answered */
  async #send(sent: readonly Pending[]): Promise<boolean> {
    try {
      const results = await this.#store.append(sent.map(({ append }) => append))
      for (const [index, { writer, append }] of sent.entries()) writer.settle(append, results[index]!)
      return true
    } catch (thrown) {
      this.#onError(toAppError(thrown, 'unavailable'))
      return false
    }
  }
}
