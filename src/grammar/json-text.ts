// JSON as it is written here: one line, ", " and ": " between the parts, characters of strings as they are where JSON
// lets them. One spelling leaves a small model no room to ramble in white space.

import { type CharSet, charSet, complement, has, intersection } from './char-set.ts'
import { all, type Expression, one, oneCharOf, optional, repeat, rule, text } from './rules.ts'

const quote = text('"')
/** Characters that stand for themselves inside a string. */
const plainChars = complement(charSet([0, 0x1f], '"\\'))
const escapes: Record<string, string> = {
  ...{ '"': '\\"', '\\': '\\\\', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t' },
}
const escapedChar = all(text('\\'), oneCharOf(charSet('"\\/bfnrt')))
const digit = oneCharOf(charSet([0x30, 0x39]))
const nonZero = oneCharOf(charSet([0x31, 0x39]))

export const comma = text(', ')
export const colon = text(': ')

/** The rules that every JSON grammar has: `char`, `string`, `integer`, `number`, `value`, `array`, `object`. */
export const jsonRules: readonly (readonly [string, Expression])[] = [
  ['char', one(oneCharOf(plainChars), escapedChar)],
  ['string', all(quote, repeat(rule('char'), 0, null), quote)],
  ['integer', all(optional(text('-')), one(text('0'), all(nonZero, repeat(digit, 0, 15))))],
  [
    'number',
    all(
      rule('integer'),
      optional(all(text('.'), repeat(digit, 1, 16))),
      optional(all(oneCharOf(charSet('eE')), optional(oneCharOf(charSet('+-'))), repeat(digit, 1, 2))),
    ),
  ],
  [
    'value',
    one(rule('string'), rule('number'), rule('object'), rule('array'), literal(true), literal(false), literal(null)),
  ],
  ['array', bracketed('[', list(rule('value')), ']')],
  ['object', bracketed('{', list(all(rule('string'), colon, rule('value'))), '}')],
]

/** One given value. */
export function literal(value: unknown): Expression {
  return text(spelled(value))
}

/**
 * A string of so many characters; `max` null: any number from `min`. Counted characters are never escaped ones: each
 * place would cost the compiler four times as much.
 */
export function stringOf(min: number, max: number | null): Expression {
  if (min === 0 && max === null) return rule('string')
  return all(quote, repeat(oneCharOf(plainChars), min, max), quote)
}

/** A string whose characters, before JSON escapes them, are a text of the expression. */
export function stringLike(expression: Expression): Expression {
  return all(quote, inString(expression), quote)
}

/** A string that is none of `names`, without escapes: there is one spelling only to be excluded. */
export function stringExcept(names: readonly string[]): Expression {
  return all(quote, restExcept(names.map((name) => [...name])))
}

export function bracketed(open: string, content: Expression, close: string): Expression {
  return all(text(open), content, text(close))
}

/** Any number of items. */
function list(item: Expression): Expression {
  return optional(all(item, repeat(all(comma, item), 0, null)))
}

/** As JSON.stringify, but with ", " and ": " between the parts. */
function spelled(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spelled).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}: ${spelled(member)}`)
  return `{${members.join(', ')}}`
}

function inString(expression: Expression): Expression {
  switch (expression.kind) {
    case 'text':
      return text(JSON.stringify(expression.text).slice(1, -1))
    case 'set': {
      const escaped = Object.keys(escapes).filter((char) => has(expression.set, char))
      const plain: CharSet = intersection(expression.set, plainChars)
      const ways = escaped.map((char) => text(escapes[char]!))
      return plain.length > 0 ? one(oneCharOf(plain), ...ways) : one(...ways)
    }
    case 'all':
      return all(...expression.items.map(inString))
    case 'one':
      return one(...expression.items.map(inString))
    case 'repeat':
      return { ...expression, item: inString(expression.item) }
    case 'rule':
    case 'dispatch':
      return expression
    default:
      return expression satisfies never
  }
}

/** What may follow where `names` (their remaining characters) are still possible; the closing quote included. */
function restExcept(names: readonly string[][]): Expression {
  const firsts = new Set(names.flatMap(([first]) => (first === undefined ? [] : [first])))
  const others = intersection(plainChars, complement(charSet([...firsts].join(''))))
  const ways: Expression[] = [all(oneCharOf(others), repeat(oneCharOf(plainChars), 0, null), quote)]
  for (const first of firsts) {
    if (!has(plainChars, first)) continue
    const following = names.filter((name) => name[0] === first).map((name) => name.slice(1))
    ways.push(all(text(first), restExcept(following)))
  }
  const complete = names.some((name) => name.length === 0)
  return complete ? one(...ways) : one(quote, ...ways)
}
