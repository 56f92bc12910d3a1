// The constraints of the running sequences, and the thread that computes their masks. The thread starts with the first
// of them; when it dies, they fail and the next one starts another.

import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads'
import { AppError } from '../../errors.ts'
import type { OutputFormat } from '../../grammar/format.ts'
import { vocabularyOf } from '../../grammar/vocabulary.ts'
import type { Tokenizer } from '../../tokenizer/tokenizer.ts'
import { Constraint } from './constraint.ts'
import type { FromConstraints, ToConstraints } from './constraint-messages.ts'

export class Constraints {
  readonly #tokenizer: Tokenizer
  readonly #vocabSize: number
  readonly #open = new Map<number, Constraint>()
  #thread: { worker: Worker; port: MessagePort } | null = null
  #opened = 0

  constructor(tokenizer: Tokenizer, vocabSize: number) {
    this.#tokenizer = tokenizer
    this.#vocabSize = vocabSize
  }

  /** @param ids tokens that earlier attempts have generated: what comes next follows them */
  open(format: OutputFormat, ids: number[]): Constraint {
    this.#thread ??= this.#start()
    const { port } = this.#thread
    const key = this.#opened++
    const tell = (message: ToConstraints) => port.postMessage(message)
    const constraint = new Constraint(
      this.#tokenizer.eosIds,
      ids.length,
      (id) => tell({ kind: 'accept', key, id }),
      () => {
        if (this.#open.delete(key)) tell({ kind: 'close', key })
      },
    )
    this.#open.set(key, constraint)
    tell({ kind: 'open', key, format, ids })
    return constraint
  }

  /** Takes the masks that have come while this thread was busy with the model. */
  collect(): void {
    const port = this.#thread?.port
    if (!port) return
    for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) this.#hear(next.message)
  }

  async close(): Promise<void> {
    const thread = this.#thread
    this.#lose(thread?.worker ?? null, 'the engine is closed')
    await thread?.worker.terminate()
  }

  #hear(message: FromConstraints): void {
    const constraint = this.#open.get(message.key)
    if (message.kind === 'mask') constraint?.took(message.length, message.mask)
    else constraint?.fail(new AppError(message.code, message.message))
  }

  #start(): { worker: Worker; port: MessagePort } {
    const { port1: port, port2 } = new MessageChannel()
    const entry = import.meta.url.endsWith('.ts') ? './constraint-thread.dev.mjs' : './constraint-thread.js'
    const vocabulary = vocabularyOf(this.#tokenizer, this.#vocabSize)
    const workerData = { vocabulary, port: port2 }
    const worker = new Worker(new URL(entry, import.meta.url), { workerData, transferList: [port2] })
    const lost = (why: string) => this.#lose(worker, `the thread of the response_format ended: ${why}`)
    worker.on('error', (error) => lost((error as Error).message))
    worker.on('exit', (code) => lost(`exit code ${code}`))
    port.on('message', (message: FromConstraints) => this.#hear(message))
    // Neither keeps the process alive: the engine's owner does.
    worker.unref()
    port.unref()
    return { worker, port }
  }

  #lose(worker: Worker | null, message: string): void {
    if (worker === null || this.#thread?.worker !== worker) return
    this.#thread.port.close()
    this.#thread = null
    const open = [...this.#open.values()]
    this.#open.clear()
    for (const constraint of open) constraint.fail(new AppError('engine_failed', message))
  }
}
