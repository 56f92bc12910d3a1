// Either kind of prompt to token ids: the one place where both the API (which counts) and the engine (which runs)
// get them from, so that they agree.

import { AppError } from '../errors.ts'
import { type ChatMessage, ChatTemplate, type ChatTool } from './chat-template.ts'
import type { Tokenizer } from './tokenizer.ts'

export type Prompt =
  | { kind: 'text'; text: string }
  | { kind: 'messages'; messages: readonly ChatMessage[]; tools?: readonly ChatTool[] | undefined }
  /** Token ids as they are: nothing is put before them. */
  | { kind: 'ids'; ids: readonly number[] }

export class PromptEncoder {
  readonly tokenizer: Tokenizer
  readonly template: ChatTemplate

  constructor(tokenizer: Tokenizer, template: ChatTemplate = new ChatTemplate(tokenizer)) {
    this.tokenizer = tokenizer
    this.template = template
  }

  /**
   * The prompt's ids. A raw text gets the model's own prefix (BOS) where it has one and the text doesn't begin with it,
   * as in vLLM and llama.cpp. Throws `invalid_request` for messages that the template refuses and for ids that
   * are no tokens. May be empty.
   */
  encode(prompt: Prompt): number[] {
    if (prompt.kind === 'messages') return this.template.encode(prompt.messages, prompt.tools)
    if (prompt.kind === 'ids') return this.#checked(prompt.ids)
    const ids = this.tokenizer.encode(prompt.text)
    const { prefixIds } = this.tokenizer
    const prefixed = prefixIds.every((id, index) => ids[index] === id)
    return prefixed ? ids : [...prefixIds, ...ids]
  }

  #checked(ids: readonly number[]): number[] {
    const { size } = this.tokenizer
    const wrong = ids.findIndex((id) => !Number.isInteger(id) || id < 0 || id >= size)
    if (wrong === -1) return [...ids]
    const field = `prompt[${wrong}]`
    throw new AppError('invalid_request', `${field} is ${ids[wrong]}; allowed: a token id, from 0 to ${size - 1}`, {
      field,
    })
  }
}
