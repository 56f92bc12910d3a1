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

export class TextThreads {
  private readonly pool: Piscina

  /** @param files of the model whose tokens are counted; each thread loads them at its first task */
  constructor(files: TokenizerFiles, threads = 2) {
    this.pool = new Piscina({
      filename: threadEntry(),
      workerData: files,
      minThreads: 1,
      maxThreads: threads,
    })
  }

  /** @throws AppError `invalid_request` when the model's template refuses the messages */
  countTokens(prompt: PromptInput): Promise<number> {
    return this.run<number>('countTokens', prompt)
  }

  reduceLog(task: ReduceTask): Promise<ReducedLog> {
    return this.run<ReducedLog>('reduceLog', task)
  }

  /** Loads the tokenizer in one thread, so that the first request does not wait for it. */
  async warmUp(): Promise<void> {
    await this.countTokens({ kind: 'text', text: 'warm' })
  }

  private async run<Value>(name: string, task: unknown): Promise<Value> {
    const outcome = (await this.pool.run(task, { name })) as Outcome<Value>
    if ('value' in outcome) return outcome.value
    const { code, message, field } = outcome.error
    throw new AppError(code, message, field === undefined ? {} : { field })
  }

  async close(): Promise<void> {
    await this.pool.destroy()
  }
}
