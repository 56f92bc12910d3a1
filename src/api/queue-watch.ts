// What an API process knows of the queue, refreshed once a second: the workers, how fast jobs leave, who waits where.

import type { AppError } from '../errors.ts'
import { toAppError } from '../errors.ts'
import type { QueueSpeed } from '../stream/admission.ts'
import type { JobIndex } from '../stream/job-index.ts'
import type { SharedKeys } from '../stream/shared-keys.ts'
import type { LiveWorker, WorkerRegistry } from '../stream/worker-registry.ts'
import type { Readers } from './readers.ts'
import { SlotTime } from './slot-time.ts'

const refreshMs = 1000
/** Assumed until the first job has finished. */
const firstHoldMs = 3000

export interface QueueState {
  workers: LiveWorker[]
  admitted: number
  waiting: number
  promptTokens: number
  holdMs: number
  /** Whether Redis answered the last time. */
  reachable: boolean
}

export interface QueueSources {
  index: JobIndex
  registry: WorkerRegistry
  shared: SharedKeys
}

export class QueueWatch {
  readonly #index: JobIndex
  readonly #registry: WorkerRegistry
  readonly #shared: SharedKeys
  readonly #readers: Readers
  readonly #onError: (error: AppError) => void
  readonly #slotTime = new SlotTime()
  state: QueueState = { workers: [], admitted: 0, waiting: 0, promptTokens: 0, holdMs: firstHoldMs, reachable: false }
  #timer: NodeJS.Timeout | undefined
  #refreshing: Promise<void> | null = null

  constructor(sources: QueueSources, readers: Readers, onError: (error: AppError) => void) {
    this.#index = sources.index
    this.#registry = sources.registry
    this.#shared = sources.shared
    this.#readers = readers
    this.#onError = onError
  }

  async start(): Promise<void> {
    await this.refresh()
    this.#timer = setInterval(() => void this.refresh().then(() => this.#tellWaiting()), refreshMs)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Workers that can serve now. */
  get serving(): LiveWorker[] {
    return this.state.workers.filter((worker) => worker.ready)
  }

  get speed(): QueueSpeed {
    const slotMs = this.#slotTime.slotMsPerJob ?? this.state.holdMs
    return { slots: this.#slots, msPerJob: slotMs / Math.max(1, this.#slots) }
  }

  get #slots(): number {
    return this.serving.reduce((sum, { slots }) => sum + slots, 0)
  }

  get #freeSlots(): number {
    return this.serving.reduce((sum, { slots, jobs }) => sum + Math.max(0, slots - jobs), 0)
  }

  /** Expected milliseconds until the job at a 1-based place in line is taken. */
  etaMs(position: number): number {
    return Math.max(0, Math.ceil((position - this.#freeSlots) * this.speed.msPerJob))
  }

  /** Reads the queue's state now; several callers share one look. Never rejects. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#read().finally(() => {
      this.#refreshing = null
    })
    return this.#refreshing
  }

  async #read(): Promise<void> {
    try {
      const [workers, depth, rate] = await this.#shared.use(null, () =>
        Promise.all([this.#registry.live(), this.#index.depth(), this.#index.rate()]),
      )
      const holdMs = rate.holdMs ?? firstHoldMs
      this.state = { workers, ...depth, holdMs, reachable: true }
      const busy = depth.waiting > this.#freeSlots
      this.#slotTime.observe({ slots: this.#slots, ended: rate.ended, busy, at: performance.now() }, holdMs)
    } catch (thrown) {
      this.state = { ...this.state, reachable: false }
      this.#slotTime.interrupt()
      this.#onError(toAppError(thrown, 'unavailable'))
    }
  }

  /** Where each reader's job stands in the line now. Not with every refresh: probes ask for those at any pace. */
  async #tellWaiting(): Promise<void> {
    const waiting = this.#readers.waitingJobs()
    if (waiting.length === 0 || !this.state.reachable) return
    try {
      for (const [id, position] of await this.#index.positions(waiting)) {
        this.#readers.notify(id, position, this.etaMs(position))
      }
    } catch (thrown) {
      this.#onError(toAppError(thrown, 'unavailable'))
    }
  }
}
