// What an API process does for jobs besides answering: it renews the leases of those read here, and ends those whose
// deadline has passed while they waited, or without a worker to say so.

import { type AppError, toAppError } from '../errors.ts'
import type { JobIndex } from '../stream/job-index.ts'
import type { JobStore } from '../stream/job-store.ts'
import { renewalMs } from '../stream/lease.ts'
import type { JobQueue } from '../stream/queue.ts'
import type { Readers } from './readers.ts'

/** A worker that is alive ends the jobs that it has at their deadline; this long after it, none is. */
const overdueMs = 5000
const sweepMs = 1000

interface CaretakerDeps {
  store: Pick<JobStore, 'renewLeases' | 'end'>
  index: Pick<JobIndex, 'overdue'>
  queue: Pick<JobQueue, 'remove'>
  readers: Readers
  graceMs: number
}

export class Caretaker {
  readonly #store: CaretakerDeps['store']
  readonly #index: CaretakerDeps['index']
  readonly #queue: CaretakerDeps['queue']
  readonly #readers: Readers
  readonly #onError: (error: AppError) => void
  readonly #timers: NodeJS.Timeout[]

  constructor({ store, index, queue, readers, graceMs }: CaretakerDeps, onError: (error: AppError) => void) {
    this.#store = store
    this.#index = index
    this.#queue = queue
    this.#readers = readers
    this.#onError = onError
    this.#timers = [
      setInterval(() => void this.#guarded(() => this.#renewLeases()), renewalMs(graceMs)),
      setInterval(() => void this.#guarded(() => this.#endOverdue()), sweepMs),
    ]
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer)
  }

  async #renewLeases(): Promise<void> {
    await this.#store.renewLeases(this.#readers.jobs())
  }

  /** Every API does this; the first one wins, and ending a job twice changes nothing. */
  async #endOverdue(): Promise<void> {
    for (const id of await this.#index.overdue(overdueMs)) await this.#end(id, false)
    // What waits has nobody else to end it.
    for (const id of await this.#index.overdue(0)) await this.#end(id, true)
  }

  async #end(id: string, onlyWaiting: boolean): Promise<void> {
    const message = 'the deadline passed before the job was finished'
    await this.#guarded(async () => {
      const result = await this.#store.end(id, { type: 'error', code: 'deadline_exceeded', message }, onlyWaiting)
      if (result !== 'active') await this.#queue.remove(id)
    })
  }

  async #guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (thrown) {
      this.#onError(toAppError(thrown, 'unavailable'))
    }
  }
}
