// The engine in a child process. When the child dies, nothing is made up about its sequences: they are reported as
// lost, their owner decides, and a new child is started.
//
//   start() -> opening -> ready -> (crash) -> pausing -> opening -> ready ...
//                 |          \___________________________________________ close() -> closed
//                 `-> refused: the first opening rejects start(), later ones count as crashes

import type { ChildProcess } from 'node:child_process'
import { AppError } from '../errors.ts'
import { forkChild } from '../fork-child.ts'
import type { Engine, EngineInfo, EngineStats, SequenceOutput, SequenceRequest } from './engine.ts'
import type { EngineSettings, FromEngine, OpenProgress, ToEngine } from './engine-messages.ts'
import { noStats, sumOfStats } from './engine-stats.ts'

export interface ProcessEngineOptions {
  settings: EngineSettings
  onProgress?: (progress: OpenProgress) => void
}

export interface EngineCrash {
  /** What is known of the cause, for a log. */
  message: string
  /** Sequences that were submitted and had not ended. They are forgotten: submit them again to run them. */
  lost: string[]
  /** Milliseconds until a new child is started. */
  restartInMs: number
}

const longestPauseMs = 10_000
const closeTimeoutMs = 3000

export class ProcessEngine implements Engine {
  readonly #options: ProcessEngineOptions
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
  #child: ChildProcess | null = null
  #info: EngineInfo | null = null
  #ready = false
  #closed = false
  #stats = noStats
  /** Counters of children that died, so that the sums never go back. */
  #earlier = noStats
  /** Children in a row that died before they were ready. */
  #failedStarts = 0
  #restartTimer: NodeJS.Timeout | null = null

  /** Resolves when the model can be used; rejects with the reason (`bad_model`, `engine_failed`, ...) when it can't. */
  static async start(options: ProcessEngineOptions): Promise<ProcessEngine> {
    const engine = new ProcessEngine(options)
    await new Promise<void>((ready, failed) => engine.#spawn(ready, failed))
    return engine
  }

  private constructor(options: ProcessEngineOptions) {
    this.#options = options
  }

  get info(): EngineInfo {
    if (this.#info === null) throw new AppError('internal', 'the engine has not started yet')
    return this.#info
  }

  /** Whether a child runs what is submitted now; false while a new one is awaited, which then gets it. */
  get ready(): boolean {
    return this.#ready
  }

  /** The child's process id; null while a new one is awaited. */
  get pid(): number | null {
    return this.#child?.pid ?? null
  }

  submit(request: SequenceRequest): void {
    if (this.#closed) throw new AppError('internal', `sequence ${request.id} was submitted to a closed engine`)
    if (this.#keys.has(request.id)) throw new AppError('internal', `sequence ${request.id} is already running`)
    const key = String(this.#submitted++)
    this.#keys.set(request.id, key)
    this.#ids.set(key, request.id)
    const keyed = { ...request, id: key }
    if (this.#ready) this.#tell({ kind: 'submit', request: keyed })
    else this.#unsent.push(keyed)
  }

  cancel(id: string): void {
    const key = this.#keys.get(id)
    if (key === undefined) return
    this.#forget(id, key)
    this.#unsent = this.#unsent.filter((request) => request.id !== key)
    if (this.#ready) this.#tell({ kind: 'cancel', id: key })
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
    this.#closed = true
    this.#forgetAll()
    if (this.#restartTimer) clearTimeout(this.#restartTimer)
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const exited = new Promise((resolve) => child.once('exit', resolve))
    this.#tell({ kind: 'close' })
    const timer = setTimeout(() => child.kill('SIGKILL'), closeTimeoutMs)
    await exited
    clearTimeout(timer)
  }

  /** Starts a child and tells how that went; a failure also goes to the crash listeners, once there was a ready child. */
  #spawn(ready: () => void = () => {}, failed: (error: AppError) => void = () => {}): void {
    const child = forkChild(import.meta.url, 'engine-process')
    let refusal: AppError | null = null
    const lose = (error: AppError) => {
      if (this.#child !== child) return
      this.#lose(error)
      failed(error)
    }
    this.#child = child
    child.on('message', (message: FromEngine) => {
      // Messages may still come after 'exit'; their sequences have been reported as lost.
      if (this.#child !== child) return
      if (message.kind === 'refused') {
        refusal = new AppError(message.code, message.message, { field: message.field })
      } else if (message.kind === 'ready') {
        this.#becomeReady(message.info)
        ready()
      } else this.#hear(message)
    })
    child.once('exit', (code, signal) => {
      const how = signal ? `was ended by ${signal}` : `exited with code ${code}`
      lose(refusal ?? new AppError('engine_failed', `the engine process ${how}`))
    })
    child.on('error', (cause) => {
      // One that could not be started has no exit.
      const started = child.pid !== undefined
      if (!started)
        lose(new AppError('engine_failed', `the engine process can't be started: ${cause.message}`, { cause }))
    })
    this.#tell({ kind: 'open', settings: this.#options.settings })
  }

  #becomeReady(info: EngineInfo): void {
    this.#info = info
    this.#ready = true
    this.#failedStarts = 0
    for (const request of this.#unsent) this.#tell({ kind: 'submit', request })
    this.#unsent = []
  }

  #hear(message: Exclude<FromEngine, { kind: 'refused' | 'ready' }>): void {
    if (message.kind === 'progress') {
      this.#options.onProgress?.(message.progress)
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

  /** The child is gone. Once there was a ready one, another is started. */
  #lose(error: AppError): void {
    this.#child = null
    this.#failedStarts = this.#ready ? 0 : this.#failedStarts + 1
    this.#ready = false
    this.#earlier = sumOfStats(this.#earlier, this.#stats)
    this.#stats = noStats
    if (this.#closed || this.#info === null) return
    const lost = [...this.#keys.keys()]
    this.#forgetAll()
    const restartInMs = this.#failedStarts === 0 ? 0 : Math.min(longestPauseMs, 250 * 2 ** this.#failedStarts)
    this.#restartTimer = setTimeout(() => this.#spawn(), restartInMs)
    for (const listener of this.#crashListeners) listener({ message: error.message, lost, restartInMs })
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

  #tell(message: ToEngine): void {
    // Sending to a child that is just dying fails; its 'exit' follows and reports what is lost.
    this.#child?.send(message, () => undefined)
  }
}
