// One choice of a text completion.

import type { TerminalEvent, TokenEvent } from '../../stream/events.ts'
import type { Choice, ChoiceChunk } from './answer.ts'
import { completionLogprobs } from './logprobs.ts'

export class CompletionChoice implements Choice {
  readonly #index: number
  readonly #logprobs: boolean
  #text = ''
  #pending: { event: TokenEvent; offset: number }[] = []
  readonly #reported: { event: TokenEvent; offset: number }[] = []
  #finishReason: string | null = null

  constructor(index: number, logprobs: boolean) {
    this.#index = index
    this.#logprobs = logprobs
  }

  open(): ChoiceChunk[] {
    return []
  }

  token(event: TokenEvent): ChoiceChunk[] {
    if (event.logprob) this.#pending.push({ event, offset: this.#text.length })
    this.#text += event.text
    return event.text === '' ? [] : [this.#chunk(event.text, null)]
  }

  done(event: Extract<TerminalEvent, { type: 'done' }>): ChoiceChunk[] {
    this.#finishReason = event.reason
    return [this.#chunk('', event.reason)]
  }

  whole(): object {
    const logprobs = this.#logprobs ? completionLogprobs(this.#reported) : null
    return { index: this.#index, text: this.#text, logprobs, finish_reason: this.#finishReason }
  }

  #chunk(text: string, finishReason: string | null): ChoiceChunk {
    const entries = this.#pending
    this.#pending = []
    this.#reported.push(...entries)
    const logprobs = entries.length === 0 ? null : completionLogprobs(entries)
    return { index: this.#index, text, logprobs, finish_reason: finishReason }
  }
}
