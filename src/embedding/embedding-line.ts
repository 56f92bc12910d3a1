// Everything that a process has to embed, one step after the other. Owners take turns, and each owner's requests among
// themselves: a short one is done soon, however long those before it are. What may wait is bounded.

import { AppError } from '../errors.ts'
import {
  type Embedded,
  type EmbeddingInput,
  type EmbeddingOptions,
  EmbeddingWork,
  guessedTokens,
  type TextEncoder,
} from './embedding-work.ts'
import type { EncoderInfo } from './encoder.ts'

/** Tokens of one request, as OpenAI bounds them. */
export const mostRequestTokens = 300_000
/** Tokens that may wait: of one key's requests half of it. */
const mostWaitingTokens = 2 * mostRequestTokens
/** Until it is measured. */
const usualTokensPerSecond = 2000
/** How much of the speed comes from the last step. */
const newestShare = 0.1
const longestRetrySeconds = 120

export class EmbeddingLine {
  readonly #encoder: TextEncoder
  readonly #open = new Set<EmbeddingWork>()
  /** Those that may do a step now, by owner; the owner whose turn is next comes first. */
  readonly #ready = new Map<string | null, EmbeddingWork[]>()
  #running = false
  #tokensPerSecond = usualTokensPerSecond

  constructor(encoder: TextEncoder) {
    this.#encoder = encoder
  }

  get info(): EncoderInfo {
    return this.#encoder.info
  }

  /** Tokens that wait, of all requests. */
  get waitingTokens(): number {
    return [...this.#open].reduce((sum, { waiting }) => sum + waiting, 0)
  }

  /** @throws AppError `queue_full`, `unavailable`, `engine_failed`, what `onCounted` throws, or the signal's reason */
  async embed(inputs: readonly EmbeddingInput[], options: EmbeddingOptions): Promise<Embedded> {
    const { owner, signal } = options
    signal?.throwIfAborted()
    if (owner !== null) this.#assertRoom(owner, Math.min(guessedTokens(inputs), mostRequestTokens))
    const work = new EmbeddingWork(inputs, options)
    const leave = () => work.fail(signal?.reason)
    signal?.addEventListener('abort', leave)
    this.#open.add(work)
    this.#goOn(work)
    try {
      return await work.result
    } finally {
      this.#open.delete(work)
      signal?.removeEventListener('abort', leave)
    }
  }

  #assertRoom(owner: string, tokens: number): void {
    const all = this.waitingTokens + tokens
    const mine = [...this.#open].filter(({ options }) => options.owner === owner)
    const own = mine.reduce((sum, { waiting }) => sum + waiting, tokens)
    if (all <= mostWaitingTokens && (owner === '' || own <= mostWaitingTokens / 2)) return
    const held = all > mostWaitingTokens ? `${all - tokens} tokens` : `${own - tokens} tokens of this key`
    // Half of what waits will have gone by then.
    const retryAfterSeconds = Math.min(longestRetrySeconds, Math.max(1, all / 2 / this.#tokensPerSecond))
    throw new AppError('queue_full', `${held} are waiting to be embedded; try again later`, { retryAfterSeconds })
  }

  #goOn(work: EmbeddingWork): void {
    if (work.state === 'settled') return
    if (work.state === 'counted') {
      // This may take a look at Redis; the others go on meanwhile.
      void work.begin(this.info).then(() => this.#goOn(work))
      return
    }
    const { owner } = work.options
    const own = this.#ready.get(owner)
    if (own) own.push(work)
    else this.#ready.set(owner, [work])
    if (!this.#running) void this.#run()
  }

  async #run(): Promise<void> {
    this.#running = true
    for (let work = this.#take(); work; work = this.#take()) {
      const { waiting } = work
      const startedAt = performance.now()
      await work.step(this.#encoder)
      const done = waiting - work.waiting
      if (done > 0) {
        const speed = (1000 * done) / Math.max(1, performance.now() - startedAt)
        this.#tokensPerSecond += newestShare * (speed - this.#tokensPerSecond)
      }
      this.#goOn(work)
    }
    this.#running = false
  }

  /** The next one, whose owner then stands behind all others. */
  #take(): EmbeddingWork | null {
    for (const [owner, [work, ...others]] of this.#ready) {
      this.#ready.delete(owner)
      if (others.length > 0) this.#ready.set(owner, others)
      if (work!.state !== 'settled') return work!
    }
    return null
  }
}
