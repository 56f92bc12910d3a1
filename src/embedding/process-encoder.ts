// The encoder in a child process. When the child dies, what it was asked for fails with `unavailable`, and a new one is
// started.

import { AppError } from '../errors.ts'
import { errorOf, KeptChild } from '../kept-child.ts'
import type { CallName, Calls, FromEmbedding, ToEmbedding } from './embedding-messages.ts'
import type { EncoderInfo } from './encoder.ts'

export interface ProcessEncoderOptions {
  /** As EMBEDDING_MODEL names it. */
  model: string
  dataDir: string
  /** The child died without being asked to. */
  onDeath: (message: string) => void
}

type Told = Extract<FromEmbedding, { kind: 'told' }>['told']

/** No call takes nearly as long; a child that says nothing for this long is replaced. */
const callTimeoutMs = 60_000

interface Pending {
  resolve: (answer: never) => void
  reject: (error: AppError) => void
  timer: NodeJS.Timeout
}

export class ProcessEncoder {
  readonly #child: KeptChild<ToEmbedding, EncoderInfo, Told>
  readonly #pending = new Map<number, Pending>()
  #calls = 0

  /** Resolves when texts can be embedded; rejects with the reason (`bad_model`) when they can't. */
  static async start(options: ProcessEncoderOptions): Promise<ProcessEncoder> {
    const encoder = new ProcessEncoder(options)
    await encoder.#child.start()
    return encoder
  }

  private constructor({ model, dataDir, onDeath }: ProcessEncoderOptions) {
    this.#child = new KeptChild({
      name: 'embedding',
      ...{ beside: import.meta.url, module: 'embedding-process' },
      open: { kind: 'open', model, dataDir },
      onTold: (told) => this.#settle(told),
      onDeath: ({ message }, restartInMs) => {
        this.#failPending('the embedding process ended; it is being started again')
        if (restartInMs !== null) onDeath(message)
      },
    })
  }

  get info(): EncoderInfo {
    return this.#child.info
  }

  /** The child's process id; null while a new one is awaited. */
  get pid(): number | null {
    return this.#child.pid
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
    this.#failPending('the service is shutting down')
    await this.#child.close()
  }

  #call<Name extends CallName>(name: Name, asked: Calls[Name]['asked']): Promise<Calls[Name]['answer']> {
    if (!this.#child.ready) return Promise.reject(unavailable('the embedding process is being started again'))
    const id = this.#calls++
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#child.kill(`has not answered for ${callTimeoutMs / 1000} s`), callTimeoutMs)
      this.#pending.set(id, { resolve, reject, timer })
      this.#child.tell({ kind: 'call', id, name, asked } as ToEmbedding)
    })
  }

  #settle(told: Told): void {
    const pending = this.#pending.get(told.id)
    if (!pending) return
    this.#pending.delete(told.id)
    clearTimeout(pending.timer)
    if ('error' in told) pending.reject(errorOf(told.error))
    else pending.resolve(told.answer as never)
  }

  #failPending(message: string): void {
    for (const { reject, timer } of this.#pending.values()) {
      clearTimeout(timer)
      reject(unavailable(message))
    }
    this.#pending.clear()
  }
}

function unavailable(message: string): AppError {
  return new AppError('unavailable', message, { retryAfterSeconds: 2 })
}
