// Reads the calls of tools out of an answer while it is being written. The answer is kept to the form by a grammar
// (src/grammar/tool-calls.ts), so there is one spelling to read; a text that is cut off may end anywhere. Where nothing follows a
// call (src/tokenizer/tool-form.ts: bare), the last character of the answer closes it.
//
//   content ──"<tool_call>"──▶ name ──'", "arguments": '──▶ arguments ──"}\n</tool_call>"──▶ between ──"<tool_call>"──▶ name

import { type ToolCallSpelling, type ToolForm, toolCallText } from '../../tokenizer/tool-form.ts'

export type AnswerPart =
  | { kind: 'content'; text: string }
  | { kind: 'call'; index: number; name: string }
  | { kind: 'arguments'; index: number; text: string }

export class ToolCallText {
  #state: 'content' | 'name' | 'arguments' | 'between' = 'content'
  /** Not yet clear what it belongs to. */
  #held = ''
  #calls = 0
  /** Of the last call, so far. */
  #arguments = ''
  readonly #form: ToolForm
  readonly #spelling: ToolCallSpelling

  constructor(form: ToolForm = 'tags') {
    this.#form = form
    this.#spelling = toolCallText[form]
  }

  /** Calls that have begun. */
  get calls(): number {
    return this.#calls
  }

  /** Whether the last one is finished. */
  get whole(): boolean {
    if (this.#form === 'tags') return this.#state === 'between'
    return this.#state === 'arguments' && this.#held === this.#spelling.close && isJson(this.#arguments)
  }

  push(text: string): AnswerPart[] {
    this.#held += text
    const parts: AnswerPart[] = []
    while (this.#step(parts)) {
      // Until what is held has to wait for more.
    }
    return parts
  }

  /** What was held back as the possible beginning of a call. That of a call's end is no part of its arguments. */
  end(): AnswerPart[] {
    if (this.#state !== 'content' || this.#held === '') return []
    const text = this.#held
    this.#held = ''
    return [{ kind: 'content', text }]
  }

  /** @returns whether there may be more to take from what is held */
  #step(parts: AnswerPart[]): boolean {
    const { open, beforeName, beforeArguments } = this.#spelling
    switch (this.#state) {
      case 'content':
        return this.#upTo(open, 'name', (text) => parts.push({ kind: 'content', text }))
      case 'between':
        return this.#upTo(open, 'name', () => {})
      case 'arguments': {
        return this.#readArguments((text) => {
          this.#arguments += text
          parts.push({ kind: 'arguments', index: this.#calls - 1, text })
        })
      }
      case 'name': {
        const at = this.#held.indexOf(beforeArguments)
        if (at === -1) return false
        parts.push({ kind: 'call', index: this.#calls++, name: JSON.parse(this.#held.slice(beforeName.length, at)) })
        this.#held = this.#held.slice(at + beforeArguments.length)
        this.#state = 'arguments'
        this.#arguments = ''
        return true
      }
      default:
        return this.#state satisfies never
    }
  }

  #readArguments(take: (text: string) => void): boolean {
    const { close } = this.#spelling
    if (this.#form === 'tags') return this.#upTo(close, 'between', take)
    // It may close the arguments, or something in them: what comes next, if anything, tells.
    const end = this.#held.endsWith(close) ? this.#held.length - close.length : this.#held.length
    if (end > 0) take(this.#held.slice(0, end))
    this.#held = this.#held.slice(end)
    return false
  }

  #upTo(sign: string, next: 'name' | 'between', take: (text: string) => void): boolean {
    const at = this.#held.indexOf(sign)
    const end = at === -1 ? this.#held.length - heldLength(this.#held, sign) : at
    if (end > 0) take(this.#held.slice(0, end))
    this.#held = this.#held.slice(at === -1 ? end : at + sign.length)
    if (at !== -1) this.#state = next
    return at !== -1
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** How long the end of `text` is that may be the beginning of `sign`. */
function heldLength(text: string, sign: string): number {
  for (let length = Math.min(text.length, sign.length - 1); length > 0; length--) {
    if (sign.startsWith(text.slice(-length))) return length
  }
  return 0
}
