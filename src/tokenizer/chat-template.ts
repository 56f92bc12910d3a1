// Messages to a prompt, through the Jinja template that the model was trained with. Special-token text inside a
// content stays text (special-text.ts).

import { Template } from '@huggingface/jinja'
import { AppError } from '../errors.ts'
import type { Tokenizer } from './tokenizer.ts'

export interface ChatMessage {
  role: 'system' | 'user' | 'assistant'
  content: string
}

export class ChatTemplate {
  readonly #tokenizer: Tokenizer
  readonly #template: Template | null

  /** @param source the Jinja text; by default the one of tokenizer_config.json. `bad_model` where it can't be parsed. */
  constructor(tokenizer: Tokenizer, source: string | null = tokenizer.config.chat_template) {
    this.#tokenizer = tokenizer
    try {
      this.#template = source === null ? null : new Template(source)
    } catch (cause) {
      throw new AppError('bad_model', `the chat template can't be parsed: ${(cause as Error).message}`, { cause })
    }
  }

  /** The prompt's token ids, ending where the assistant's answer begins. */
  encode(messages: readonly ChatMessage[]): number[] {
    return this.#tokenizer.encodeRendered(this.#renderProtected(messages))
  }

  /** The prompt as text. Not to be encoded when a content may hold special-token text. */
  render(messages: readonly ChatMessage[]): string {
    return this.#tokenizer.special.reveal(this.#renderProtected(messages))
  }

  #renderProtected(messages: readonly ChatMessage[]): string {
    if (this.#template === null) {
      throw new AppError('invalid_request', 'this model has no chat template: send prompt instead of messages', {
        field: 'messages',
      })
    }
    const { special, config } = this.#tokenizer
    try {
      return this.#template.render({
        messages: messages.map(({ role, content }) => ({ role, content: special.protect(content) })),
        add_generation_prompt: true,
        bos_token: config.bos_token ?? '',
        eos_token: config.eos_token ?? '',
        unk_token: config.unk_token ?? '',
        pad_token: config.pad_token ?? '',
      })
    } catch (cause) {
      // Templates raise exceptions for what they don't allow: a system message, two user messages in a row.
      throw new AppError(
        'invalid_request',
        `the model's chat template refuses these messages: ${(cause as Error).message}`,
        {
          field: 'messages',
          cause,
        },
      )
    }
  }
}
