// Rules in the notation that XGrammar reads (GBNF with repetitions).

import { type CharSet, complement } from './char-set.ts'
import type { Expression, Rules } from './rules.ts'

export function toEbnf(rules: Rules): string {
  return [...rules].map(([name, expression]) => `${name} ::= ${print(expression)}`).join('\n')
}

function print(expression: Expression): string {
  switch (expression.kind) {
    case 'text':
      return `"${[...expression.text].map((char) => escaped(char.codePointAt(0)!)).join('')}"`
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
    default:
      return expression satisfies never
  }
}

/** Nearly everything is printed as everything but the rest: the library has a short way for that. */
function printSet(set: CharSet): string {
  const missing = complement(set)
  const isNearlyAll = missing.every(([, to]) => to < 0x80)
  return isNearlyAll ? `[^${printRanges(missing)}]` : `[${printRanges(set)}]`
}

/** Where characters get one byte longer. The library misreads a range across one. */
const utf8Steps = [0x80, 0x800, 0x10000]

function printRanges(set: CharSet): string {
  const ranges = set.flatMap(([from, to]) => {
    const starts = [from, ...utf8Steps.filter((step) => from < step && step <= to)]
    return starts.map((start, index) => {
      const end = (starts[index + 1] ?? to + 1) - 1
      return start === end ? escaped(start) : `${escaped(start)}-${escaped(end)}`
    })
  })
  return ranges.join('')
}

/** Letters and digits as they are; everything else by number, so that nothing needs another escape. */
function escaped(code: number): string {
  const char = String.fromCodePoint(code)
  if (/^[A-Za-z0-9]$/.test(char)) return char
  return `\\U${code.toString(16).padStart(8, '0')}`
}
