// Secrets that stand on the lines after their name, as in YAML: `password:` or `password: |`, then the value, indented.
// Only a line that is nothing but the name announces one, so that prose (`Enter the password:`) hides nothing.

import { withoutPrefix } from './line-prefix.ts'

const announcement =
  /^(\s{0,80}(?:- )?)["']?[\w.-]{0,80}(?:pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|(?:access|private|secret|auth|signing|encryption|account)[_-]?key|credentials?)["']?\s?:\s{0,3}([|>][+-]?\d?)?\s{0,3}$/i

/** One word and no `name: value` of its own, no list, and nothing that reads like code. */
const plainValue = /^(?!- )(?![\w.-]+:(?:\s|$))(?!at$)["']?[^\s"'(){}[\]<>|=]{4,1024}["']?$/

/** Longer lines announce nothing. */
const maxLength = 240
const maxBlockLines = 200

export class NextLineSecret {
  /** Indent of the name that was announced; -1: none is. */
  #indent = -1
  /** Lines that the value may still have. */
  #left = 0
  #block = false

  /** Offers the next line. @returns the part of it that is a secret, or null */
  find(text: string): { start: number; end: number } | null {
    if (this.#indent === -1) {
      if (text.length <= maxLength) this.#announce(text)
      return null
    }
    const body = withoutPrefix(text)
    const value = body.trim()
    if (value === '') return null
    const start = text.length - body.trimStart().length
    if (indentOf(body) <= this.#indent || !(this.#block || plainValue.test(value))) {
      this.#indent = -1
      return this.find(text)
    }
    if (--this.#left === 0) this.#indent = -1
    return { start, end: start + value.length }
  }

  #announce(text: string): void {
    // Almost every line is turned away by its last character.
    if (!/[:|>+\-\d\s]$/.test(text)) return
    const match = announcement.exec(withoutPrefix(text))
    if (match === null) return
    this.#indent = match[1]!.length
    this.#block = match[2] !== undefined
    this.#left = this.#block ? maxBlockLines : 1
  }
}

function indentOf(body: string): number {
  return body.length - body.trimStart().length
}
