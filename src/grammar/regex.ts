// Regular expressions (ECMAScript's, the part that describes a language of texts) to expressions of the grammar. The
// whole text must match: ^ and $ are allowed at the ends, where they change nothing.

import { type CharSet, charSet, complement, union } from './char-set.ts'
import { loop } from './loops.ts'
import { refusalOf } from './refusal.ts'
import { all, type Expression, one, oneCharOf, repeat, text } from './rules.ts'

const maxRegexLength = 2000
const maxRepeat = 1000
const maxGroupDepth = 32

const digits = charSet([0x30, 0x39])
const wordChars = union(digits, charSet([0x41, 0x5a], [0x61, 0x7a], '_'))
const spaces = charSet(' \t\n\r\f\v')
const lineEnds = charSet('\n\r')

const classEscapes: Record<string, CharSet> = {
  ...{ d: digits, w: wordChars, s: spaces },
  ...{ D: complement(digits), W: complement(wordChars), S: complement(spaces) },
}
const controlEscapes: Record<string, string> = { n: '\n', r: '\r', t: '\t', f: '\f', v: '\v', 0: '\0' }
const syntaxChars = '^$\\.*+?()[]{}|/-'

/** @throws AppError `invalid_request` naming `field`, the position and what is not supported there */
export function parseRegex(source: string, field: string): Expression {
  if (source.length > maxRegexLength) {
    throw refusalOf(field, `the expression has ${source.length} characters; allowed: at most ${maxRegexLength}`)
  }
  return new RegexParser(source, field).parse()
}

class RegexParser {
  readonly #chars: string[]
  readonly #field: string
  #at = 0
  #depth = 0

  constructor(source: string, field: string) {
    this.#chars = [...source]
    this.#field = field
  }

  parse(): Expression {
    const expression = this.#alternatives()
    if (this.#at < this.#chars.length) throw this.#wrong('a closing parenthesis without an opening one')
    return expression
  }

  #alternatives(): Expression {
    const items = [this.#sequence()]
    while (this.#take('|')) items.push(this.#sequence())
    return items.length === 1 ? items[0]! : one(...items)
  }

  #sequence(): Expression {
    const items: Expression[] = []
    if (this.#depth === 0) this.#take('^')
    while (this.#at < this.#chars.length && !this.#next('|') && !this.#next(')')) {
      if (this.#depth === 0 && this.#next('$') && [undefined, '|'].includes(this.#chars[this.#at + 1])) this.#at++
      else items.push(this.#quantified())
    }
    return items.length === 1 ? items[0]! : all(...items)
  }

  #quantified(): Expression {
    const item = this.#atom()
    const bounds = this.#quantifier()
    if (bounds === null) return item
    // Lazy or not, the same texts match.
    this.#take('?')
    if (this.#next('*') || this.#next('+') || this.#next('?')) throw this.#wrong('a repetition of a repetition')
    const { min, max } = bounds
    return max === null && min <= 1 ? loop(item, min === 0 ? 0 : 1) : repeat(item, min, max)
  }

  #quantifier(): { min: number; max: number | null } | null {
    if (this.#take('*')) return { min: 0, max: null }
    if (this.#take('+')) return { min: 1, max: null }
    if (this.#take('?')) return { min: 0, max: 1 }
    if (!this.#next('{')) return null
    const match = /^\{(\d{1,6})(,(\d{1,6})?)?\}/.exec(this.#chars.slice(this.#at, this.#at + 16).join(''))
    if (!match) throw this.#wrong('"{" that begins no repetition; write \\{ for the character')
    const min = Number(match[1])
    const max = match[2] === undefined ? min : match[3] === undefined ? null : Number(match[3])
    if (max !== null && max < min) throw this.#wrong(`a repetition of at least ${min} and at most ${max}`)
    if (Math.max(min, max ?? 0) > maxRepeat) throw this.#wrong(`a repetition of more than ${maxRepeat}`)
    this.#at += match[0].length
    return { min, max }
  }

  #atom(): Expression {
    const char = this.#chars[this.#at]!
    switch (char) {
      case '(':
        return this.#group()
      case '[':
        return oneCharOf(this.#class())
      case '.':
        this.#at++
        return oneCharOf(complement(lineEnds))
      case '\\': {
        const set = this.#escape(false)
        return typeof set === 'string' ? text(set) : oneCharOf(set)
      }
      case '^':
      case '$':
        throw this.#wrong(`"${char}" in the middle: it is allowed at the ends, and the whole text must match anyway`)
      case '*':
      case '+':
      case '?':
      case '{':
        throw this.#wrong(`"${char}" with nothing to repeat`)
      default:
        this.#at++
        return text(char)
    }
  }

  #group(): Expression {
    this.#at++
    if (this.#take('?')) {
      const named = /^<[A-Za-z_]\w{0,40}>/.exec(this.#chars.slice(this.#at, this.#at + 43).join(''))
      if (named) this.#at += named[0].length
      else if (!this.#take(':')) throw this.#wrong('a lookaround or another special group')
    }
    if (++this.#depth > maxGroupDepth) throw this.#wrong(`groups more than ${maxGroupDepth} deep`)
    const inner = this.#alternatives()
    this.#depth--
    if (!this.#take(')')) throw this.#wrong('a group that is not closed')
    return inner
  }

  #class(): CharSet {
    this.#at++
    const negated = this.#take('^')
    const parts: CharSet[] = []
    while (!this.#take(']')) {
      if (this.#at >= this.#chars.length) throw this.#wrong('a character class that is not closed')
      const from = this.#classAtom()
      const isRange = this.#next('-') && ![']', undefined].includes(this.#chars[this.#at + 1])
      if (!isRange) {
        parts.push(typeof from === 'string' ? charSet(from) : from)
        continue
      }
      this.#at++
      const to = this.#classAtom()
      if (typeof from !== 'string' || typeof to !== 'string') throw this.#wrong('a range between classes')
      const ends = [from.codePointAt(0)!, to.codePointAt(0)!] as const
      if (ends[0] > ends[1]) throw this.#wrong(`the range ${from}-${to}, which is backwards`)
      parts.push(charSet(ends))
    }
    const set = negated ? complement(union(...parts)) : union(...parts)
    if (set.length === 0) throw this.#wrong('a character class that no character is in')
    return set
  }

  #classAtom(): string | CharSet {
    if (this.#next('\\')) return this.#escape(true)
    return this.#chars[this.#at++]!
  }

  /** A character, or a class like \d. */
  #escape(inClass: boolean): string | CharSet {
    const char = this.#chars[++this.#at]
    if (char === undefined) throw this.#wrong('a backslash at the end')
    const hex = /^(?:x([0-9a-f]{2})|u([0-9a-f]{4})|u\{([0-9a-f]{1,6})\})/i.exec(
      this.#chars.slice(this.#at, this.#at + 9).join(''),
    )
    if (hex) {
      const code = Number.parseInt(hex[1] ?? hex[2] ?? hex[3]!, 16)
      if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) throw this.#wrong('an escape of no character')
      this.#at += hex[0].length
      return String.fromCodePoint(code)
    }
    const known = classEscapes[char] ?? controlEscapes[char] ?? (inClass && char === 'b' ? '\b' : undefined)
    if (known === undefined && !syntaxChars.includes(char) && /[\w]/.test(char)) {
      throw this.#wrong(`\\${char}, which is not supported`)
    }
    this.#at++
    return known ?? char
  }

  #next(char: string): boolean {
    return this.#chars[this.#at] === char
  }

  #take(char: string): boolean {
    if (!this.#next(char)) return false
    this.#at++
    return true
  }

  #wrong(what: string): Error {
    const source = this.#chars.join('')
    const shown = source.length <= 60 ? source : `${source.slice(0, 60)}...`
    return refusalOf(
      this.#field,
      `${JSON.stringify(shown)} has ${what} at position ${this.#at}; ` +
        'allowed: characters, classes, groups, | and the repetitions * + ? {n,m}',
    )
  }
}
