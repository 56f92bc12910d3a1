// A request inside the engine: its token ids, its text, and when it ends. It knows neither slots nor tensors.
//
//   ids        [ prompt ............... | generated (earlier attempts) | generated now ]
//   computed   [ rows in the KV cache .......................................... ) the rest is still to be run
//
// Built from `generated` ids it is in the state that it had after generating them, so a continuation can't differ.

import { AppError } from '../errors.ts'
import type { PromptEncoder } from '../tokenizer/prompt-encoder.ts'
import type {
  FinishReason,
  GeneratedToken,
  SequenceOutput,
  SequenceRequest,
  SequenceTimings,
  SequenceUsage,
} from './engine.ts'
import type { Logprobs } from './logprobs.ts'
import type { ModelShape } from './model-runner.ts'
import { OutputText } from './output-text.ts'
import { penalizes, TokenCounts } from './penalties.ts'
import type { Choice } from './sampler.ts'

export interface Drawn {
  id: number
  logprobs: Logprobs | null
}

export class Sequence {
  readonly request: SequenceRequest
  readonly ids: number[]
  /** Ids whose keys and values are in the cache: always the first ones. */
  computed = 0
  cancelled = false
  readonly #encoder: PromptEncoder
  readonly #maxContext: number
  readonly #promptLength: number
  readonly #text: OutputText
  readonly #counts: TokenCounts | null
  readonly #submittedAt: number
  #prefillAt: number | null = null
  #firstTokenAt: number | null = null
  #lastTokenAt: number | null = null
  #stopped = false

  /** Throws `invalid_request` for a prompt that is empty, too long or refused by the chat template, or ids of no token. */
  constructor(
    request: SequenceRequest,
    encoder: PromptEncoder,
    limits: Pick<ModelShape, 'maxContext' | 'vocabSize'>,
    now: number,
  ) {
    const prompt = encoder.encode(request.prompt)
    checkLength(prompt, limits.maxContext)
    checkGenerated(request.generated, limits.vocabSize)
    this.request = request
    this.ids = prompt
    this.#encoder = encoder
    this.#maxContext = limits.maxContext
    this.#promptLength = prompt.length
    this.#text = new OutputText(encoder.tokenizer, request.stop, request.minTokens)
    this.#counts = penalizes(request.sampling) ? new TokenCounts(prompt) : null
    this.#submittedAt = now
    for (const id of request.generated) this.#append(id)
  }

  get id(): string {
    return this.request.id
  }

  get length(): number {
    return this.ids.length
  }

  /** How the next token is to be chosen. */
  choice(): Choice {
    const { ignoreEos, minTokens, sampling } = this.request
    const position = this.#generatedCount
    const eosBanned = !ignoreEos && position < minTokens
    return {
      params: sampling,
      position,
      counts: this.#counts,
      banned: eosBanned ? this.#encoder.tokenizer.eosIds : null,
    }
  }

  /** Called with each forward pass that runs tokens of this sequence. */
  started(now: number): void {
    this.#prefillAt ??= now
  }

  /** Takes what was drawn for the next position; the sequence is over when the output has an `end`. */
  take(drawn: Drawn, now: number): SequenceOutput {
    this.#firstTokenAt ??= now
    this.#lastTokenAt = now
    const { tokenizer } = this.#encoder
    if (tokenizer.eosIds.has(drawn.id) && !this.request.ignoreEos) return this.#finish('stop', [])
    const text = this.#append(drawn.id)
    const token: GeneratedToken = { tokenId: drawn.id, text }
    if (drawn.logprobs) {
      const named = (entry: { id: number; logprob: number }) => ({
        token: tokenizer.idToText(entry.id),
        id: entry.id,
        logprob: entry.logprob,
      })
      token.logprob = { ...named(drawn.logprobs), top: drawn.logprobs.top.map(named) }
    }
    return this.#afterAppending([token])
  }

  /** The output of a sequence whose earlier attempts had already reached its end, else null. */
  endOfReplay(): SequenceOutput | null {
    const output = this.#afterAppending([])
    return output.end ? output : null
  }

  #append(id: number): string {
    this.ids.push(id)
    this.#counts?.add(id)
    const { text, stopped } = this.#text.push(id)
    this.#stopped ||= stopped
    return text
  }

  #afterAppending(tokens: GeneratedToken[]): SequenceOutput {
    if (this.#stopped) return this.#finish('stop', tokens)
    const full = this.#generatedCount >= this.request.maxTokens || this.length >= this.#maxContext
    return full ? this.#finish('length', tokens) : { id: this.id, tokens, end: null }
  }

  #finish(reason: FinishReason, tokens: GeneratedToken[]): SequenceOutput {
    const held = this.#text.flush()
    if (held !== '') tokens.push({ tokenId: null, text: held })
    return { id: this.id, tokens, end: { kind: 'finished', reason, usage: this.#usage(), timings: this.#timings() } }
  }

  get #generatedCount(): number {
    return this.ids.length - this.#promptLength
  }

  #usage(): SequenceUsage {
    return { promptTokens: this.#promptLength, cachedTokens: 0, completionTokens: this.#generatedCount }
  }

  #timings(): SequenceTimings {
    const prefillAt = this.#prefillAt ?? this.#submittedAt
    const firstTokenAt = this.#firstTokenAt ?? prefillAt
    return {
      waitMs: prefillAt - this.#submittedAt,
      prefillMs: firstTokenAt - prefillAt,
      decodeMs: (this.#lastTokenAt ?? firstTokenAt) - firstTokenAt,
    }
  }
}

function checkLength(prompt: number[], maxContext: number): void {
  if (prompt.length === 0) {
    throw new AppError('invalid_request', 'the prompt is empty: it has no tokens to start from', { field: 'prompt' })
  }
  if (prompt.length >= maxContext) {
    throw new AppError(
      'invalid_request',
      `the prompt has ${prompt.length} tokens, and the context of ${maxContext} must also hold the answer: shorten it`,
      { field: 'prompt' },
    )
  }
}

/** An id outside the vocabulary would make the whole batch fail. */
function checkGenerated(ids: readonly number[], vocabSize: number): void {
  const wrong = ids.findIndex((id) => !Number.isInteger(id) || id < 0 || id >= vocabSize)
  if (wrong === -1) return
  throw new AppError('invalid_request', `generated[${wrong}] is ${ids[wrong]}, which is no token id of this model`, {
    field: `generated[${wrong}]`,
  })
}
