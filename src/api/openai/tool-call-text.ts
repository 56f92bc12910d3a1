// Reads the calls of tools out of an answer while it is being written. The answer is kept to the form by a grammar
// (src/grammar/tool-calls.ts), so there is one spelling to read; a text that is cut off may end anywhere.
//
//   content ──"<tool_call>"──▶ name ──'", "arguments": '──▶ arguments ──"}\n</tool_call>"──▶ between ──"<tool_call>"──▶ name

import { toolCallText } from '../../grammar/tool-calls.ts'

export type AnswerPart =
  | { kind: 'content'; text: string }
  | { kind: 'call'; index: number; name: string }
  | { kind: 'arguments'; index: number; text: string }

const { open, beforeName, beforeArguments, close } = toolCallText

export class ToolCallText {
  #state: 'content' | 'name' | 'arguments' | 'between' = 'content'
  /** Not yet clear what it belongs to. */
  #held = ''
  #calls = 0

  /** Calls that have begun. */
  get calls(): number {
    return this.#calls
  }

  /** Whether the last one is finished. */
  get whole(): boolean {
    return this.#state === 'between'
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
    const text = this.#held
    this.#held = ''
    return text === '' || this.#state !== 'content' ? [] : [{ kind: 'content', text }]
  }

  /** @returns whether there may be more to take from what is held */
  #step(parts: AnswerPart[]): boolean {
    switch (this.#state) {
      case 'content':
        return this.#upTo(open, 'name', (text) => parts.push({ kind: 'content', text }))
      case 'between':
        return this.#upTo(open, 'name', () => {})
      case 'arguments': {
        const index = this.#calls - 1
        return this.#upTo(close, 'between', (text) => parts.push({ kind: 'arguments', index, text }))
      }
      case 'name': {
        const at = this.#held.indexOf(beforeArguments)
        if (at === -1) return false
        parts.push({ kind: 'call', index: this.#calls++, name: JSON.parse(this.#held.slice(beforeName.length, at)) })
        this.#held = this.#held.slice(at + beforeArguments.length)
        this.#state = 'arguments'
        return true
      }
      default:
        return this.#state satisfies never
    }
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

/** How long the end of `text` is that may be the beginning of `sign`. */
function heldLength(text: string, sign: string): number {
  for (let length = Math.min(text.length, sign.length - 1); length > 0; length--) {
    if (sign.startsWith(text.slice(-length))) return length
  }
  return 0
}
