// A request inside the engine: its token ids, its text, and when it ends. It knows neither slots nor tensors.
//
//   ids        [ prompt ............... | generated (earlier attempts) | generated now ] draft ]
//   computed   [ rows in the KV cache .......................................... ) the rest is still to be run
//
// Built from `generated` ids it is in the state that it had after generating them, so a continuation can't differ.

import type { PromptEncoder } from '../tokenizer/prompt-encoder.ts'
import type { Constraint } from './constraint/constraint.ts'
import { Drafter } from './drafting.ts'
import type { FinishReason, GeneratedToken, SequenceOutput, SequenceRequest, SequenceUsage } from './engine.ts'
import type { Logprobs } from './logprobs.ts'
import type { ModelShape } from './model-runner.ts'
import { OutputText } from './output-text.ts'
import { penalizes, TokenCounts } from './penalties.ts'
import { checkGenerated, checkLength } from './request-checks.ts'
import type { SamplingInput } from './sampler.ts'
import { SequenceTimes } from './sequence-times.ts'

export interface Drawn {
  id: number
  logprobs: Logprobs | null
}

export class Sequence {
  readonly request: SequenceRequest
  readonly ids: number[]
  /** Ids whose keys and values are in the cache: always the first ones. */
  computed = 0
  prefilled = 0
  /** Guesses at the ids that come next; the next pass runs them beside the ones it must. */
  draft: readonly number[] = []
  /** How many of them, from the first on, turned out right in that pass. */
  accepted = 0
  cancelled = false
  /** Set before the first step where the request asks for a format. */
  constraint: Constraint | null = null
  readonly #encoder: PromptEncoder
  readonly #maxContext: number
  readonly #promptLength: number
  readonly #text: OutputText
  readonly #counts: TokenCounts | null
  readonly #drafter: Drafter
  readonly #times: SequenceTimes
  #cachedTokens = 0
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
    this.#drafter = new Drafter(this.ids)
    this.#times = new SequenceTimes(now)
    for (const id of request.generated) this.#append(id)
  }

  get id(): string {
    return this.request.id
  }

  get promptTokens(): number {
    return this.#promptLength
  }

  /** Prompt tokens that were in the cache when it first ran. */
  get cachedTokens(): number {
    return this.#cachedTokens
  }

  /** How the next token is to be chosen. */
  samplingInput(): SamplingInput {
    const { ignoreEos, minTokens, sampling } = this.request
    const position = this.#generatedCount
    const { constraint } = this
    const eosBanned = !ignoreEos && position < minTokens && !constraint?.mustEnd
    return {
      params: sampling,
      position,
      counts: this.#counts,
      allowed: constraint?.mask ?? null,
      banned: eosBanned ? this.#encoder.tokenizer.eosIds : null,
    }
  }

  /** Called before each forward pass that runs tokens of this sequence; true for the first. */
  started(now: number): boolean {
    if (!this.#times.started(now)) return false
    this.#cachedTokens = Math.min(this.computed, this.#promptLength)
    return true
  }

  /** Fills or clears `draft` before a pass. It goes no further than the last token that may be generated. */
  propose(allowed: boolean): void {
    const left = Math.min(this.request.maxTokens - this.#generatedCount, this.#maxContext - this.ids.length)
    this.draft = allowed && this.constraint === null && left > 1 ? this.#drafter.propose(left - 1) : []
    this.accepted = 0
  }

  /** The next of the draft was sampled: it is one of the ids now, and its keys and values are in the cache. */
  acceptDrafted(): void {
    this.accepted++
    this.computed++
  }

  /** Called when all that a pass has sampled was taken. */
  recordDraft(): void {
    if (this.draft.length > 0) this.#drafter.record(this.accepted)
  }

  /** Puts the last id back to be run again: with no mask yet, nothing can be drawn behind it. */
  rollBackLast(): void {
    this.computed = this.ids.length - 1
    this.prefilled = Math.min(this.prefilled, this.computed)
  }

  /** The end of a sequence that can take no more tokens, else null. Only the mask tells whether its text is whole. */
  endOfFormat(): SequenceOutput | null {
    return this.#full ? this.#finish(this.constraint?.mayEnd ? 'stop' : 'length', []) : null
  }

  /** Takes what was drawn for the next position; the sequence is over when the output has an `end`. */
  take(drawn: Drawn, now: number): SequenceOutput {
    this.#times.token(now)
    const { tokenizer } = this.#encoder
    const ends = !this.request.ignoreEos || this.constraint !== null
    if (tokenizer.eosIds.has(drawn.id) && ends) return this.#finish('stop', [])
    const text = this.#append(drawn.id)
    this.constraint?.accept(drawn.id)
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
    // One with a format learns from its next mask how it ends.
    const ends = this.#full && this.request.format === null
    return ends ? this.#finish('length', tokens) : { id: this.id, tokens, end: null }
  }

  #finish(reason: FinishReason, tokens: GeneratedToken[]): SequenceOutput {
    const held = this.#text.flush()
    if (held !== '') tokens.push({ tokenId: null, text: held })
    return {
      id: this.id,
      tokens,
      end: { kind: 'finished', reason, usage: this.#usage(), timings: this.#times.timings },
    }
  }

  get #full(): boolean {
    return this.#generatedCount >= this.request.maxTokens || this.ids.length >= this.#maxContext
  }

  get #generatedCount(): number {
    return this.ids.length - this.#promptLength
  }

  #usage(): SequenceUsage {
    return {
      promptTokens: this.#promptLength,
      cachedTokens: this.#cachedTokens,
      completionTokens: this.#generatedCount,
    }
  }
}
