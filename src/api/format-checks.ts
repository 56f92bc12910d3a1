// Refuses response formats that can't be kept before anything is queued: what can be seen at once in this thread, the
// rest by compiling in another, which is ended when that takes too long. One thread compiles one format at a time, so a
// costly one delays other formats only, and those for a bounded time.

import { Piscina } from 'piscina'
import { AppError } from '../errors.ts'
import { fieldOf, type OutputFormat } from '../grammar/format.ts'
import { grammarText } from '../grammar/grammar-text.ts'
import type { TokenizerFiles } from '../tokenizer/tokenizer.ts'
import type { Outcome } from './text-thread.ts'
import { threadEntry } from './threads.ts'

const compileTimeoutMs = 8000
/** Formats that wait beyond this are turned away. */
const mostWaiting = 32
const keptTexts = 256

export class FormatChecks {
  readonly #pool: Piscina
  /** Grammars that have compiled, the latest used last. */
  readonly #good = new Set<string>()
  #last: Promise<void> = Promise.resolve()
  #waiting = 0

  constructor(files: TokenizerFiles) {
    this.#pool = new Piscina({
      filename: threadEntry(),
      workerData: files,
      minThreads: 0,
      maxThreads: 1,
      idleTimeout: 600_000,
    })
  }

  /** @throws AppError `invalid_request` naming what is wrong, `unavailable` when too many others are being compiled */
  async check(format: OutputFormat): Promise<void> {
    const text = grammarText(format)
    if (!this.#good.delete(text)) await this.#compileInTurn(format)
    this.#good.add(text)
    if (this.#good.size > keptTexts) this.#good.delete(this.#good.values().next().value!)
  }

  async close(): Promise<void> {
    await this.#pool.destroy()
  }

  async #compileInTurn(format: OutputFormat): Promise<void> {
    if (this.#waiting >= mostWaiting) {
      throw new AppError('unavailable', 'too many response formats are being compiled', { retryAfterSeconds: 5 })
    }
    this.#waiting++
    const compiled = this.#last.then(() => this.#compile(format))
    this.#last = compiled.catch(() => {}).finally(() => this.#waiting--)
    await compiled
  }

  async #compile(format: OutputFormat): Promise<void> {
    await this.#pool.run(null, { name: 'openGrammars' })
    const timeout = AbortSignal.timeout(compileTimeoutMs)
    let outcome: Outcome<null>
    try {
      outcome = await this.#pool.run(format, { name: 'checkFormat', signal: timeout })
    } catch (cause) {
      if (!timeout.aborted) throw cause
      const field = fieldOf(format)
      const message = `${field} takes more than ${compileTimeoutMs} ms to compile; allowed: a simpler one`
      throw new AppError('invalid_request', message, { field, cause })
    }
    if ('value' in outcome) return
    const { code, message, field } = outcome.error
    throw new AppError(code, message, { field })
  }
}
