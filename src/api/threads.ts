// Work that would block the event loop for tens of milliseconds, in worker threads: tokenizing prompts and reducing logs.

import { Piscina } from 'piscina'
import { AppError } from '../errors.ts'
import type { ReducedLog } from '../logs/reduced-log.ts'
import type { Prompt } from '../tokenizer/prompt-encoder.ts'
import type { TokenizerFiles } from '../tokenizer/tokenizer.ts'
import { usableCores } from '../usable-cores.ts'
import type { Outcome, ReduceLimits, ReduceTask } from './text-thread.ts'

/** TypeScript needs a loader in development; built code is JavaScript. */
export function threadEntry(): string {
  const entry = import.meta.url.endsWith('.ts') ? './text-thread.dev.mjs' : './text-thread.js'
  return new URL(entry, import.meta.url).href
}

/** Logs that wait for a thread beyond this are turned away. What they hold in memory is bounded where they come in. */
const mostWaitingLogs = 8

/** Reading the largest log takes a few seconds; one that takes this long is ended with its thread. */
const reduceTimeoutMs = 120_000

/** One core is left to everything else; more than four logs at once are no faster for anyone. */
const logThreads = Math.max(1, Math.min(4, usableCores() - 1))

interface RunOptions {
  transferList?: ArrayBuffer[]
  signal?: AbortSignal
}

export class TextThreads {
  /** Tokens are counted by a thread of their own: a large log takes seconds. */
  readonly #counting: Piscina
  readonly #reducing: Piscina
  readonly #limits: ReduceLimits

  /** @param files of the model whose tokens are counted; each thread loads them at its first task */
  constructor(files: TokenizerFiles, limits: ReduceLimits) {
    this.#limits = limits
    const options = { filename: threadEntry(), workerData: files, minThreads: 1, maxThreads: 1 }
    this.#counting = new Piscina(options)
    const reducing = { minThreads: 0, maxThreads: logThreads, idleTimeout: 60_000, maxQueue: mostWaitingLogs }
    this.#reducing = new Piscina({ ...options, ...reducing })
  }

  /** @throws AppError `invalid_request` when the model's template refuses the messages */
  countTokens(prompt: Prompt): Promise<number> {
    return this.#run<number>(this.#counting, 'countTokens', prompt)
  }

  /** @throws AppError `queue_full` while too many logs wait to be read, `invalid_request` for one that takes too long */
  async reduceLog(task: ReduceTask): Promise<ReducedLog> {
    if (this.#reducing.queueSize >= mostWaitingLogs) {
      const message = `${mostWaitingLogs} logs are waiting to be read; try again later`
      throw new AppError('queue_full', message, { retryAfterSeconds: 5 })
    }
    const transferList = typeof task.log === 'string' ? [] : task.log.map(({ buffer }) => buffer)
    const signal = AbortSignal.timeout(reduceTimeoutMs)
    try {
      return await this.#run<ReducedLog>(
        this.#reducing,
        'reduceLog',
        { ...task, ...this.#limits },
        { transferList, signal },
      )
    } catch (thrown) {
      if (!signal.aborted) throw thrown
      const message = `the log took longer than ${reduceTimeoutMs / 1000} s to read`
      throw new AppError('invalid_request', message, { field: 'log_content', cause: thrown })
    }
  }

  /** Loads the tokenizer in one thread, so that the first request does not wait for it. */
  async warmUp(): Promise<void> {
    await this.countTokens({ kind: 'text', text: 'warm' })
  }

  async #run<Value>(pool: Piscina, name: string, task: unknown, options: RunOptions = {}): Promise<Value> {
    const outcome = (await pool.run(task, { name, ...options })) as Outcome<Value>
    if ('value' in outcome) return outcome.value
    const { code, message, field } = outcome.error
    throw new AppError(code, message, { field })
  }

  async close(): Promise<void> {
    await Promise.all([this.#counting.destroy(), this.#reducing.destroy()])
  }
}
