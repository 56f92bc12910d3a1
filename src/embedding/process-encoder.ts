// The encoder in a child process. When the child dies, what it was asked for fails with `unavailable`, and a new one is
// started.
//
//   start() -> opening -> ready -> (death) -> pausing -> opening -> ready ...
//                 |          \_________________________________________ close() -> closed
//                 `-> refused: the first opening rejects start(), later ones count as deaths

import type { ChildProcess } from 'node:child_process'
import { AppError } from '../errors.ts'
import { forkChild } from '../fork-child.ts'
import type { CallName, Calls, FromEmbedding, ToEmbedding } from './embedding-messages.ts'
import type { EncoderInfo } from './encoder.ts'

export interface ProcessEncoderOptions {
  /** As EMBEDDING_MODEL names it. */
  model: string
  dataDir: string
  /** The child died without being asked to. */
  onDeath: (message: string) => void
}

/** No call takes nearly as long; a child that says nothing for this long is replaced. */
const callTimeoutMs = 60_000
const longestPauseMs = 10_000

interface Pending {
  resolve: (answer: never) => void
  reject: (error: AppError) => void
  timer: NodeJS.Timeout
}

export class ProcessEncoder {
  readonly #options: ProcessEncoderOptions
  readonly #pending = new Map<number, Pending>()
  #calls = 0
  #child: ChildProcess | null = null
  #info: EncoderInfo | null = null
  #ready = false
  #closed = false
  /** Children in a row that died before they were ready. */
  #failedStarts = 0
  #restartTimer: NodeJS.Timeout | null = null

  /** Resolves when texts can be embedded; rejects with the reason (`bad_model`) when they can't. */
  static async start(options: ProcessEncoderOptions): Promise<ProcessEncoder> {
    const encoder = new ProcessEncoder(options)
    await new Promise<void>((ready, failed) => encoder.#spawn(ready, failed))
    return encoder
  }

  private constructor(options: ProcessEncoderOptions) {
    this.#options = options
  }

  get info(): EncoderInfo {
    if (this.#info === null) throw new AppError('internal', 'the encoder has not started yet')
    return this.#info
  }

  /** The child's process id; null while a new one is awaited. */
  get pid(): number | null {
    return this.#child?.pid ?? null
  }

  /** @throws AppError `unavailable` where there is no child, or it dies meanwhile; `engine_failed` */
  tokenize(texts: readonly string[]): Promise<number[][]> {
    return this.#call('tokenize', texts)
  }

  /** As `Encoder.encode`. @throws AppError as `tokenize` */
  encode(texts: readonly (readonly number[])[]): Promise<Float32Array[]> {
    return this.#call('encode', texts)
  }

  async close(): Promise<void> {
    this.#closed = true
    if (this.#restartTimer) clearTimeout(this.#restartTimer)
    this.#failPending('the service is shutting down')
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const exited = new Promise((resolve) => child.once('exit', resolve))
    // It has nothing to put away.
    child.kill('SIGKILL')
    await exited
  }

  #call<Name extends CallName>(name: Name, asked: Calls[Name]['asked']): Promise<Calls[Name]['answer']> {
    if (!this.#ready) return Promise.reject(unavailable('the embedding process is being started again'))
    const id = this.#calls++
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#child?.kill('SIGKILL'), callTimeoutMs)
      this.#pending.set(id, { resolve, reject, timer })
      this.#tell({ kind: 'call', id, name, asked } as ToEmbedding)
    })
  }

  #spawn(ready: () => void = () => {}, failed: (error: AppError) => void = () => {}): void {
    const child = forkChild(import.meta.url, 'embedding-process')
    let refusal: AppError | null = null
    const lose = (error: AppError) => {
      if (this.#child !== child) return
      this.#lose(error)
      failed(error)
    }
    this.#child = child
    child.on('message', (message: FromEmbedding) => {
      if (this.#child !== child) return
      if (message.kind === 'refused') refusal = new AppError(message.error.code, message.error.message, message.error)
      else if (message.kind === 'ready') {
        this.#info = message.info
        this.#ready = true
        this.#failedStarts = 0
        ready()
      } else this.#settle(message)
    })
    child.once('exit', (code, signal) => {
      const how = signal ? `was ended by ${signal}` : `exited with code ${code}`
      lose(refusal ?? new AppError('engine_failed', `the embedding process ${how}`))
    })
    child.on('error', (cause) => {
      // One that could not be started has no exit.
      if (child.pid !== undefined) return
      lose(new AppError('engine_failed', `the embedding process can't be started: ${cause.message}`, { cause }))
    })
    this.#tell({ kind: 'open', model: this.#options.model, dataDir: this.#options.dataDir })
  }

  #settle(message: Extract<FromEmbedding, { kind: 'answer' | 'failed' }>): void {
    const pending = this.#pending.get(message.id)
    if (!pending) return
    this.#pending.delete(message.id)
    clearTimeout(pending.timer)
    if (message.kind === 'answer') pending.resolve(message.answer as never)
    else pending.reject(new AppError(message.error.code, message.error.message, message.error))
  }

  /** The child is gone. Once there was a ready one, another is started. */
  #lose(error: AppError): void {
    this.#child = null
    this.#failedStarts = this.#ready ? 0 : this.#failedStarts + 1
    this.#ready = false
    this.#failPending('the embedding process ended; it is being started again')
    if (this.#closed || this.#info === null) return
    const restartInMs = this.#failedStarts === 0 ? 0 : Math.min(longestPauseMs, 250 * 2 ** this.#failedStarts)
    this.#restartTimer = setTimeout(() => this.#spawn(), restartInMs)
    this.#options.onDeath(error.message)
  }

  #failPending(message: string): void {
    for (const { reject, timer } of this.#pending.values()) {
      clearTimeout(timer)
      reject(unavailable(message))
    }
    this.#pending.clear()
  }

  #tell(message: ToEmbedding): void {
    // Sending to a child that is just dying fails; its 'exit' follows.
    this.#child?.send(message, () => undefined)
  }
}

function unavailable(message: string): AppError {
  return new AppError('unavailable', message, { retryAfterSeconds: 2 })
}
