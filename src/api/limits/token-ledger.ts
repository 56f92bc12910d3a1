// Tokens a key may use in a minute, prompt and answer. How long an answer gets is known at its end only: the most it may
// have is taken when the job is admitted, and what it did not use is given back when it has ended within that minute.

import type { Request, Response } from 'express'
import type { RateLimiterAbstract } from 'rate-limiter-flexible'
import { AppError, toAppError } from '../../errors.ts'
import type { JobStore } from '../../stream/job-store.ts'
import { take } from './rate-limits.ts'

const sweepMs = 500

/** What a request's jobs take their tokens from. */
export interface TokenAccount {
  /** @throws AppError `rate_limited`, or `invalid_request` for more than any minute has */
  take(tokens: number): Promise<TakenTokens>
}

export interface TakenTokens {
  /** What this job does not use comes back when it has ended. */
  usedBy(jobId: string): void
  /** No job was started. */
  giveBack(): Promise<void>
}

interface Promised {
  subject: string
  tokens: number
  /** Of `performance.now()`: then the minute is over and nothing is left to give back. */
  until: number
}

export class TokenLedger {
  readonly #limiter: RateLimiterAbstract
  readonly #store: JobStore
  readonly #onError: (error: AppError) => void
  readonly #accounts = new WeakMap<Request, TokenAccount>()
  readonly #promised = new Map<string, Promised>()
  readonly #timer: NodeJS.Timeout

  constructor(limiter: RateLimiterAbstract, store: JobStore, onError: (error: AppError) => void) {
    this.#limiter = limiter
    this.#store = store
    this.#onError = onError
    this.#timer = setInterval(() => void this.#settle(), sweepMs)
  }

  /** Opens the account of a request. Its headers will say what is left. */
  open(request: Request, response: Response, subject: string): void {
    this.#accounts.set(request, { take: (tokens) => this.#take(tokens, subject, response) })
  }

  /** null: this request is not limited. */
  accountOf(request: Request): TokenAccount | null {
    return this.#accounts.get(request) ?? null
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  async #take(tokens: number, subject: string, response: Response): Promise<TakenTokens> {
    const { points } = this.#limiter
    if (tokens > points) {
      const message = `the request may use ${tokens} tokens, prompt and answer; allowed: at most ${points}, what this key may use a minute`
      throw new AppError('invalid_request', message, { field: 'max_tokens' })
    }
    const { msBeforeNext } = await take(this.#limiter, 'tokens', subject, tokens, response)
    const until = performance.now() + msBeforeNext
    return {
      usedBy: (jobId) => void this.#promised.set(jobId, { subject, tokens, until }),
      giveBack: () => this.#giveBack({ subject, tokens, until }, tokens),
    }
  }

  async #settle(): Promise<void> {
    for (const [id, promised] of this.#promised) {
      if (performance.now() > promised.until) this.#promised.delete(id)
      else {
        try {
          const record = await this.#store.record(id)
          if (record !== null && record.ended_at === undefined) continue
          this.#promised.delete(id)
          const used = record === null ? 0 : record.prompt_tokens + record.tokens
          await this.#giveBack(promised, promised.tokens - used)
        } catch (thrown) {
          this.#onError(toAppError(thrown, 'unavailable'))
        }
      }
    }
  }

  async #giveBack({ subject, until }: Promised, tokens: number): Promise<void> {
    // After its end the next minute would get it.
    if (tokens > 0 && performance.now() < until) await this.#limiter.reward(subject, tokens)
  }
}
