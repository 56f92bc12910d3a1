// Messages to a prompt, through the Jinja template that the model was trained with. Special-token text inside a
// content stays text (special-text.ts). Tools go through the template as well, where it knows them in a form that we know too.

import { Template } from '@huggingface/jinja'
import { AppError } from '../errors.ts'
import type { Tokenizer } from './tokenizer.ts'
import { toolFormOf } from './tool-form.ts'
import { inPlainText } from './tool-text.ts'

export interface ChatMessage {
  /** `tool`: what a call gave. */
  role: 'system' | 'user' | 'assistant' | 'tool'
  content: string
  /** What an assistant called; `arguments` is JSON, as the model wrote it. */
  tool_calls?: { name: string; arguments: string }[] | undefined
}

export interface ChatTool {
  name: string
  description?: string | undefined
  /** A JSON schema. */
  parameters?: Record<string, unknown> | undefined
}

export class ChatTemplate {
  readonly #tokenizer: Tokenizer
  readonly #template: Template | null
  readonly #knowsTools: boolean

  /** @param source the Jinja text; by default the one of tokenizer_config.json. `bad_model` where it can't be parsed. */
  constructor(tokenizer: Tokenizer, source: string | null = tokenizer.config.chat_template) {
    this.#tokenizer = tokenizer
    this.#knowsTools = toolFormOf(source) !== null
    try {
      this.#template = source === null ? null : new Template(source)
    } catch (cause) {
      throw new AppError('bad_model', `the chat template can't be parsed: ${(cause as Error).message}`, { cause })
    }
  }

  /** The prompt's token ids, ending where the assistant's answer begins. */
  encode(messages: readonly ChatMessage[], tools: readonly ChatTool[] = []): number[] {
    return this.#tokenizer.encodeRendered(this.#renderProtected(messages, tools))
  }

  /** The prompt as text. Not to be encoded when a content may hold special-token text. */
  render(messages: readonly ChatMessage[], tools: readonly ChatTool[] = []): string {
    return this.#tokenizer.special.reveal(this.#renderProtected(messages, tools))
  }

  #renderProtected(messages: readonly ChatMessage[], tools: readonly ChatTool[]): string {
    if (this.#template === null) {
      throw new AppError('invalid_request', 'this model has no chat template: send prompt instead of messages', {
        field: 'messages',
      })
    }
    const { config } = this.#tokenizer
    try {
      return this.#template.render({
        ...this.#variables(messages, tools),
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

  #variables(messages: readonly ChatMessage[], tools: readonly ChatTool[]) {
    const safe = (value: unknown) => protectedValue(value, (text) => this.#tokenizer.special.protect(text))
    if (!this.#knowsTools) return { messages: safe(inPlainText(messages, tools)) }
    const own = messages.map(({ role, content, tool_calls: calls }) => ({
      ...{ role, content },
      ...(calls && { tool_calls: calls.map((call) => asFunction({ ...call, arguments: parsed(call.arguments) })) }),
    }))
    return { messages: safe(own), ...(tools.length > 0 && { tools: safe(tools.map(asFunction)) }) }
  }
}

/** As the hub's templates want it. */
const asFunction = (value: object) => ({ type: 'function', function: value })

/** Arguments as a value, for templates that write them as JSON themselves. */
function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return json
  }
}

/** Whatever is text in it, names of fields included, without special tokens. */
function protectedValue(value: unknown, protect: (text: string) => string): unknown {
  if (typeof value === 'string') return protect(value)
  if (Array.isArray(value)) return value.map((item) => protectedValue(item, protect))
  if (typeof value !== 'object' || value === null) return value
  const fields = Object.entries(value).filter(([, field]) => field !== undefined)
  return Object.fromEntries(fields.map(([name, field]) => [protect(name), protectedValue(field, protect)]))
}
