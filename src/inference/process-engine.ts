// The engine in a child process. When the child dies, nothing is made up about its sequences: they are reported as
// lost, their owner decides, and a new child is started.

import { AppError } from '../errors.ts'
import { KeptChild } from '../kept-child.ts'
import type { Engine, EngineInfo, EngineStats, SequenceOutput, SequenceRequest } from './engine.ts'
import type { EngineNews, EngineSettings, OpenProgress, ToEngine } from './engine-messages.ts'
import { noStats, sumOfStats } from './engine-stats.ts'
import { withLargePages } from './large-pages.ts'

export interface ProcessEngineOptions {
  settings: EngineSettings
  onProgress?: (progress: OpenProgress) => void
  /** A child that has sequences and says nothing for so long hangs, and is replaced. A pass is seconds at most. */
  silenceMs?: number
}

export interface EngineCrash {
  /** What is known of the cause, for a log. */
  message: string
  /** Sequences that were submitted and had not ended. They are forgotten: submit them again to run them. */
  lost: string[]
  /** Milliseconds until a new child is started. */
  restartInMs: number
}

const longestSilenceMs = 60_000

export class ProcessEngine implements Engine {
  readonly #child: KeptChild<ToEngine, EngineInfo, EngineNews>
  readonly #onProgress: ProcessEngineOptions['onProgress']
  readonly #stepListeners: ((outputs: SequenceOutput[]) => void)[] = []
  readonly #crashListeners: ((crash: EngineCrash) => void)[] = []
  /**
   * Sequences that have not ended: id to key and back. The child knows them by keys, one per submit, so that a late
   * output of a cancelled sequence can't be taken for one of a new sequence with the same id.
   */
  readonly #keys = new Map<string, string>()
  readonly #ids = new Map<string, string>()
  #submitted = 0
  /** Submitted while no child was ready; already under their keys. */
  #unsent: SequenceRequest[] = []
  #stats = noStats
  readonly #silenceMs: number
  readonly #watch: NodeJS.Timeout
  /** When the child last said anything, or was first asked for something. */
  #heardAt = 0
  /** Counters of children that died, so that the sums never go back. */
  #earlier = noStats

  /** Resolves when the model can be used; rejects with the reason (`bad_model`, `engine_failed`, ...) when it can't. */
  static async start(options: ProcessEngineOptions): Promise<ProcessEngine> {
    const engine = new ProcessEngine(options)
    try {
      await engine.#child.start()
    } catch (thrown) {
      clearInterval(engine.#watch)
      throw thrown
    }
    return engine
  }

  private constructor({ settings, onProgress, silenceMs = longestSilenceMs }: ProcessEngineOptions) {
    this.#onProgress = onProgress
    this.#silenceMs = silenceMs
    this.#watch = setInterval(() => this.#killIfSilent(), silenceMs / 10)
    this.#child = new KeptChild({
      name: 'engine',
      ...{ beside: import.meta.url, module: 'engine-process', env: withLargePages(process.env) },
      open: { kind: 'open', settings },
      onReady: () => this.#sendUnsent(),
      onTold: (news) => this.#hear(news),
      onDeath: (error, restartInMs) => this.#lose(error, restartInMs),
    })
  }

  get info(): EngineInfo {
    return this.#child.info
  }

  /** Whether a child runs what is submitted now; false while a new one is awaited, which then gets it. */
  get ready(): boolean {
    return this.#child.ready
  }

  /** Milliseconds that the last child took to be ready. */
  get startMs(): number {
    return this.#child.startMs
  }

  /** The child's process id; null while a new one is awaited. */
  get pid(): number | null {
    return this.#child.pid
  }

  submit(request: SequenceRequest): void {
    if (this.#child.closed) throw new AppError('internal', `sequence ${request.id} was submitted to a closed engine`)
    if (this.#keys.has(request.id)) throw new AppError('internal', `sequence ${request.id} is already running`)
    if (this.#keys.size === 0) this.#heardAt = performance.now()
    const key = String(this.#submitted++)
    this.#keys.set(request.id, key)
    this.#ids.set(key, request.id)
    const keyed = { ...request, id: key }
    if (this.#child.ready) this.#child.tell({ kind: 'submit', request: keyed })
    else this.#unsent.push(keyed)
  }

  cancel(id: string): void {
    const key = this.#keys.get(id)
    if (key === undefined) return
    this.#forget(id, key)
    this.#unsent = this.#unsent.filter((request) => request.id !== key)
    if (this.#child.ready) this.#child.tell({ kind: 'cancel', id: key })
  }

  onStep(listener: (outputs: SequenceOutput[]) => void): void {
    this.#stepListeners.push(listener)
  }

  /** Called when the child died without being asked to. */
  onCrash(listener: (crash: EngineCrash) => void): void {
    this.#crashListeners.push(listener)
  }

  stats(): EngineStats {
    const { running } = this.#stats
    return { ...sumOfStats(this.#earlier, this.#stats), running, waiting: Math.max(0, this.#keys.size - running) }
  }

  async close(): Promise<void> {
    clearInterval(this.#watch)
    this.#forgetAll()
    await this.#child.close({ kind: 'close' })
  }

  #killIfSilent(): void {
    if (!this.#child.ready || this.#keys.size === 0) return
    if (performance.now() - this.#heardAt < this.#silenceMs) return
    this.#child.kill(`has made no step for ${Math.round(this.#silenceMs / 1000)} s`)
  }

  #sendUnsent(): void {
    this.#heardAt = performance.now()
    for (const request of this.#unsent) this.#child.tell({ kind: 'submit', request })
    this.#unsent = []
  }

  #hear(message: EngineNews): void {
    this.#heardAt = performance.now()
    if (message.kind === 'progress') {
      this.#onProgress?.(message.progress)
      return
    }
    this.#stats = message.stats
    if (message.kind === 'stats') return
    const outputs: SequenceOutput[] = []
    for (const output of message.outputs) {
      const id = this.#ids.get(output.id)
      // Cancelled while this message was on its way.
      if (id === undefined) continue
      if (output.end) this.#forget(id, output.id)
      outputs.push({ ...output, id })
    }
    if (outputs.length > 0) for (const listener of this.#stepListeners) listener(outputs)
  }

  #lose({ message }: AppError, restartInMs: number | null): void {
    this.#earlier = sumOfStats(this.#earlier, this.#stats)
    this.#stats = noStats
    if (restartInMs === null) return
    const lost = [...this.#keys.keys()]
    this.#forgetAll()
    for (const listener of this.#crashListeners) listener({ message, lost, restartInMs })
  }

  #forget(id: string, key: string): void {
    this.#keys.delete(id)
    this.#ids.delete(key)
  }

  #forgetAll(): void {
    this.#keys.clear()
    this.#ids.clear()
    this.#unsent = []
  }
}
