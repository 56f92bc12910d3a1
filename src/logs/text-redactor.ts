// Redacts a text that arrives in pieces, a line at a time, so that streamed and whole text read the same.

import { Redactor } from './redactor.ts'

export class TextRedactor {
  readonly #redactor: Redactor
  #line = ''

  /** @param redactor whose placeholders go on; without one they begin anew */
  constructor(redactor: Redactor = new Redactor()) {
    this.#redactor = redactor
  }

  /** What is safe to show of the text so far and was not shown yet: whole lines. An unfinished one is held back. */
  push(text: string): string {
    const end = text.lastIndexOf('\n')
    if (end === -1) {
      this.#line += text
      return ''
    }
    const whole = this.#line + text.slice(0, end)
    this.#line = text.slice(end + 1)
    return `${this.#redacted(whole)}\n`
  }

  /** The rest, when no more text comes. */
  end(): string {
    const rest = this.#redacted(this.#line)
    this.#line = ''
    return rest
  }

  #redacted(text: string): string {
    return text
      .split('\n')
      .map((line) => this.#redactor.redactLine(line))
      .join('\n')
  }
}
