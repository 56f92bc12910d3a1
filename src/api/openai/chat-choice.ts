// One choice of a chat completion: its chunks as its job's events come, and its whole message from the same parts.

import type { TerminalEvent, TokenEvent } from '../../stream/events.ts'
import type { ToolForm } from '../../tokenizer/tool-form.ts'
import type { Choice, ChoiceChunk } from './answer.ts'
import { chatLogprobs } from './logprobs.ts'
import { type AnswerPart, ToolCallText } from './tool-call-text.ts'

interface Call {
  id: string
  type: 'function'
  function: { name: string; arguments: string }
}

export interface ChatChoiceOptions {
  index: number
  jobId: string
  /** How calls of tools are written in the answer; null: it holds none. */
  tools: ToolForm | null
  logprobs: boolean
}

export class ChatChoice implements Choice {
  readonly #options: ChatChoiceOptions
  readonly #toolText: ToolCallText | null
  readonly #calls: Call[] = []
  #content = ''
  /** Of tokens whose text hasn't been sent; those of calls are never sent. */
  #pending: TokenEvent[] = []
  readonly #reported: TokenEvent[] = []
  #finishReason: string | null = null

  constructor(options: ChatChoiceOptions) {
    this.#options = options
    this.#toolText = options.tools && new ToolCallText(options.tools)
  }

  open(): ChoiceChunk[] {
    return [this.#chunk({ role: 'assistant', content: '' })]
  }

  token(event: TokenEvent): ChoiceChunk[] {
    if (event.logprob) this.#pending.push(event)
    if (event.text === '') return []
    const parts: AnswerPart[] = this.#toolText?.push(event.text) ?? [{ kind: 'content', text: event.text }]
    return parts.map((part) => this.#part(part))
  }

  done(event: Extract<TerminalEvent, { type: 'done' }>, cut: boolean): ChoiceChunk[] {
    const chunks = (this.#toolText?.end() ?? []).map((part) => this.#part(part))
    this.#finishReason = this.#reason(event.reason, cut)
    const left = this.#calls.length === 0 ? this.#report() : null
    return [...chunks, { ...this.#chunk({}), logprobs: left, finish_reason: this.#finishReason }]
  }

  whole(): object {
    const calls = this.#calls
    // Models write a line break before a call; alone it says nothing.
    const content = calls.length > 0 && this.#content.trim() === '' ? null : this.#content
    const message = { role: 'assistant', content, refusal: null, ...(calls.length > 0 && { tool_calls: calls }) }
    return {
      index: this.#options.index,
      message,
      logprobs: this.#options.logprobs ? chatLogprobs(this.#reported) : null,
      finish_reason: this.#finishReason,
    }
  }

  #part(part: AnswerPart): ChoiceChunk {
    switch (part.kind) {
      case 'content':
        this.#content += part.text
        return { ...this.#chunk({ content: part.text }), logprobs: this.#report() }
      case 'call': {
        this.#pending = []
        const { jobId } = this.#options
        const id = `call_${jobId.replace(/^job_/, '').slice(0, 16)}${part.index}`
        const call: Call = { id, type: 'function', function: { name: part.name, arguments: '' } }
        this.#calls.push(call)
        // A copy: what is sent now has no arguments yet.
        return this.#chunk({ tool_calls: [{ index: part.index, ...call, function: { ...call.function } }] })
      }
      case 'arguments':
        this.#pending = []
        this.#calls[part.index]!.function.arguments += part.text
        return this.#chunk({ tool_calls: [{ index: part.index, function: { arguments: part.text } }] })
      default:
        return part satisfies never
    }
  }

  /** A free text may end anywhere, so the engine can't tell that its tokens ran out; a whole call is an end of its own. */
  #reason(reason: string, cut: boolean): string {
    if (this.#toolText === null) return reason
    if (this.#calls.length === 0) return cut ? 'length' : reason
    return this.#toolText.whole ? 'tool_calls' : 'length'
  }

  #report() {
    if (!this.#options.logprobs) return null
    const events = this.#pending
    this.#pending = []
    this.#reported.push(...events)
    return events.length === 0 ? null : chatLogprobs(events)
  }

  #chunk(delta: object): ChoiceChunk {
    return { index: this.#options.index, delta, logprobs: null, finish_reason: null }
  }
}
