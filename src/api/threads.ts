// Work that would block the event loop for tens of milliseconds, in worker threads: tokenizing prompts and reducing logs.

import { Piscina } from 'piscina'
import { AppError } from '../errors.ts'
import type { ReducedLog } from '../logs/reduced-log.ts'
import type { PromptInput } from '../tokenizer/prompt-encoder.ts'
import type { TokenizerFiles } from '../tokenizer/tokenizer.ts'
import type { Outcome, ReduceTask } from './text-thread.ts'

/** TypeScript needs a loader in development; built code is JavaScript. */
export function threadEntry(): string {
  const entry = import.meta.url.endsWith('.ts') ? './text-thread.dev.mjs' : './text-thread.js'
  return new URL(entry, import.meta.url).href
}

/** Logs that wait for a thread beyond this are turned away: each holds its whole body in memory. */
const mostWaitingLogs = 4

export class TextThreads {
  /** Tokens are counted by a thread of their own: a large log takes seconds. */
  readonly #counting: Piscina
  readonly #reducing: Piscina

  /** @param files of the model whose tokens are counted; each thread loads them at its first task */
  constructor(files: TokenizerFiles) {
    const options = { filename: threadEntry(), workerData: files, minThreads: 1, maxThreads: 1 }
    this.#counting = new Piscina(options)
    this.#reducing = new Piscina({ ...options, minThreads: 0, maxQueue: mostWaitingLogs })
  }

  /** @throws AppError `invalid_request` when the model's template refuses the messages */
  countTokens(prompt: PromptInput): Promise<number> {
    return this.#run<number>(this.#counting, 'countTokens', prompt)
  }

  /** @throws AppError `queue_full` while too many logs wait to be read */
  async reduceLog(task: ReduceTask): Promise<ReducedLog> {
    if (this.#reducing.queueSize >= mostWaitingLogs) {
      const message = `${mostWaitingLogs} logs are waiting to be read; try again later`
      throw new AppError('queue_full', message, { retryAfterSeconds: 5 })
    }
    return this.#run<ReducedLog>(this.#reducing, 'reduceLog', task)
  }

  /** Loads the tokenizer in one thread, so that the first request does not wait for it. */
  async warmUp(): Promise<void> {
    await this.countTokens({ kind: 'text', text: 'warm' })
  }

  async #run<Value>(pool: Piscina, name: string, task: unknown): Promise<Value> {
    const outcome = (await pool.run(task, { name })) as Outcome<Value>
    if ('value' in outcome) return outcome.value
    const { code, message, field } = outcome.error
    throw new AppError(code, message, field === undefined ? {} : { field })
  }

  async close(): Promise<void> {
    await Promise.all([this.#counting.destroy(), this.#reducing.destroy()])
  }
}
