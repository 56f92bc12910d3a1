// Rules in the notation that XGrammar reads (GBNF with repetitions).

import { type CharSet, complement } from './char-set.ts'
import type { Expression, Rules } from './rules.ts'
import { utf8Ranges } from './utf8-ranges.ts'

export function toEbnf(rules: Rules): string {
  return [...rules].map(([name, expression]) => `${name} ::= ${print(expression)}`).join('\n')
}

function print(expression: Expression): string {
  switch (expression.kind) {
    case 'text':
      return quoted(expression.text)
    case 'set':
      return printSet(expression.set)
    case 'all':
      return expression.items.length === 0 ? '""' : `(${expression.items.map(print).join(' ')})`
    case 'one':
      return `(${expression.items.map(print).join(' | ')})`
    case 'repeat': {
      const { item, min, max } = expression
      if (max === 0) return '""'
      const sign = min === 0 && max === null ? '*' : min === 1 && max === null ? '+' : `{${min},${max ?? ''}}`
      return `(${print(item)})${sign}`
    }
    case 'rule':
      return expression.name
    case 'dispatch':
      // As a grammar of characters each mask of the free text would cost 70 ms; this takes 0.01 ms.
      return `TagDispatch((${quoted(expression.tag)}, ${expression.name}), loop_after_dispatch=false)`
    default:
      return expression satisfies never
  }
}

/**
 * Of non-ASCII characters the library's classes know all or none: [^...] of ASCII takes whole characters, any other
 * class takes single bytes, and one of a single member is taken for a character after all (0.1.27). So a class is printed
 * as what it leaves out, or by the bytes of its characters, each named twice.
 */
function printSet(set: CharSet): string {
  const missing = complement(set)
  if (missing.every(([, to]) => to < 0x80)) return `[^${missing.map(printRange).join('')}]`
  const ascii = set.filter(([from]) => from < 0x80).map(([from, to]) => [from, Math.min(to, 0x7f)] as const)
  const ways = set
    .filter(([, to]) => to >= 0x80)
    .flatMap(([from, to]) => utf8Ranges(Math.max(from, 0x80), to))
    .map((bytes) => `(${bytes.map((range) => `[${printRange(range)}${escaped(range[0])}]`).join(' ')})`)
  if (ascii.length > 0) ways.unshift(`[${ascii.map(printRange).join('')}]`)
  return ways.length === 1 ? ways[0]! : `(${ways.join(' | ')})`
}

function quoted(text: string): string {
  return `"${[...text].map((char) => escaped(char.codePointAt(0)!)).join('')}"`
}

function printRange([from, to]: readonly [number, number]): string {
  return `${escaped(from)}-${escaped(to)}`
}

/** Letters and digits as they are; everything else by number, so that nothing needs another escape. */
function escaped(code: number): string {
  const char = String.fromCodePoint(code)
  if (/^[A-Za-z0-9]$/.test(char)) return char
  return `\\U${code.toString(16).padStart(8, '0')}`
}
