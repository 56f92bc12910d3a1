// Either kind of prompt to token ids: the one place where both the API (which counts) and the engine (which runs)
// get them from, so that they agree.

import { type ChatMessage, ChatTemplate } from './chat-template.ts'
import type { Tokenizer } from './tokenizer.ts'

export type PromptInput = { kind: 'text'; text: string } | { kind: 'messages'; messages: readonly ChatMessage[] }

export class PromptEncoder {
  readonly tokenizer: Tokenizer
  readonly template: ChatTemplate

  constructor(tokenizer: Tokenizer, template: ChatTemplate = new ChatTemplate(tokenizer)) {
    this.tokenizer = tokenizer
    this.template = template
  }

  /**
   * The prompt's ids. A raw text gets the model's own prefix (BOS) where it has one and the text doesn't begin with it,
   * as in vLLM and llama.cpp. Throws `invalid_request` for messages that the template refuses. May be empty.
   */
  encode(prompt: PromptInput): number[] {
    if (prompt.kind === 'messages') return this.template.encode(prompt.messages)
    const ids = this.tokenizer.encode(prompt.text)
    const { prefixIds } = this.tokenizer
    const prefixed = prefixIds.every((id, index) => ids[index] === id)
    return prefixed ? ids : [...prefixIds, ...ids]
  }
}
