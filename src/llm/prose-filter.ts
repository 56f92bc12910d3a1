// The model's prose on its way out, a sentence at a time: one that adds what the model can't know, or says again what was
// said, is left out. What comes out depends on the text alone, not on how it was cut into tokens, so streamed text is
// the same as text that was not.

import { TextRedactor } from '../logs/text-redactor.ts'
import type { Grounds } from './grounds.ts'

/** A longer sentence is taken as it stands: nobody waits for its end. */
const maxSentence = 400
const minSentence = 12
/** Of a sentence's words, what an earlier sentence may have before it counts as the same. */
const maxShared = 0.7
/** Sentences that explain a failure; after them a small model only repeats itself. */
const maxKept = 5
const maxLeft = 4
const boundary = /[.!?]["')\]*]*(?=\s)|\n/g

export class ProseFilter {
  readonly #grounds: Grounds
  readonly #said: Set<string>[]
  readonly #redactor = new TextRedactor()
  #held = ''
  #spoke = false
  #kept = 0
  /** Sentences left out since the last that was kept. */
  #left = 0

  /** @param said what the reader has read before; it isn't said again */
  constructor(grounds: Grounds, said: readonly string[] = []) {
    this.#grounds = grounds
    this.#said = said.map(contentWords)
  }

  /** @returns the text that is certain now; often nothing */
  push(text: string): string {
    this.#held += text
    let out = ''
    // What comes in one piece must not be cut otherwise than what comes in many.
    for (let sentence = this.#next(); sentence !== null && !this.enough; sentence = this.#next()) {
      out += this.#keep(sentence)
    }
    return out
  }

  /** Whether more words are not worth waiting for: enough was said, or the model has lost the thread. */
  get enough(): boolean {
    return this.#kept >= maxKept || this.#left >= maxLeft
  }

  /** What is left. A sentence without its end is left out: the model was cut off. */
  end(): string {
    const rest = this.#held
    this.#held = ''
    return !this.enough && /[.!?]["')\]*]*\s*$/.test(rest) ? this.#keep(rest) : ''
  }

  #next(): string | null {
    boundary.lastIndex = 0
    for (let match = boundary.exec(this.#held); match !== null; match = boundary.exec(this.#held)) {
      const end = match.index + match[0].length
      const newline = match[0] === '\n'
      if (!newline && (end < minSentence || /(?:^|\s)(?:\d{1,2}|e\.g|i\.e|vs|etc)\.$/.test(this.#held.slice(0, end))))
        continue
      return this.#cut(newline ? end : end + 1)
    }
    return this.#held.length > maxSentence
      ? this.#cut(this.#held.lastIndexOf(' ', maxSentence) + 1 || maxSentence)
      : null
  }

  #cut(length: number): string {
    const sentence = this.#held.slice(0, length)
    this.#held = this.#held.slice(length)
    return sentence
  }

  #keep(sentence: string): string {
    const text = sentence.trim()
    if (text === '') return ''
    const words = contentWords(text)
    this.#left++
    // A heading, or a field of the findings copied; or a line of the log, which a model seldom copies right.
    if (words.size === 0 || /^[#*\s]*[A-Z][\w ]{1,30}:/.test(text) || /^\W*\d{1,7}: /.test(text)) return ''
    if (!this.#grounds.carry(text) || this.#said.some((other) => shared(words, other) > maxShared)) return ''
    this.#said.push(words)
    // The redactor gives whole lines; a sentence is one.
    const out = this.#redactor.push(`${text}\n`).trimEnd()
    const gap = this.#spoke ? (/^(?:[-*]|\d{1,2}[.)])\s/.test(text) ? '\n' : ' ') : ''
    this.#spoke = true
    this.#left = 0
    this.#kept++
    return gap + out
  }
}

function contentWords(text: string): Set<string> {
  return new Set(text.toLowerCase().match(/[\p{L}\p{N}_]{3,}/gu) ?? [])
}

function shared(words: Set<string>, other: Set<string>): number {
  let both = 0
  for (const word of words) if (other.has(word)) both++
  return words.size === 0 ? 0 : both / words.size
}
