// The schemas of each type: objects, arrays, strings, numbers.

import { bracketed, colon, comma, literal, stringExcept, stringLike, stringOf } from './json-text.ts'
import { type Bounds, integersBetween, numbersBetween } from './number-range.ts'
import { member, refusal, refusalOf } from './refusal.ts'
import { parseRegex } from './regex.ts'
import { all, type Expression, one, optional, repeat, rule } from './rules.ts'

type Node = Readonly<Record<string, unknown>>
type Lower = (schema: unknown, field: string) => Expression
type Named = (expression: Expression) => Expression

const maxLength = 1000
const maxMagnitude = 1e9

const formats: Record<string, string> = {
  date: '(19|20)\\d\\d-(0[1-9]|1[0-2])-(0[1-9]|1\\d|2[0-8])',
  time: '([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d{1,6})?(Z|[+-]([01]\\d|2[0-3]):[0-5]\\d)',
  uuid: '[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}',
  email: '[a-z0-9]([a-z0-9_+-]{0,30}[a-z0-9])?(\\.[a-z0-9]{1,20})?@([a-z0-9]{1,30}\\.){1,3}[a-z]{2,10}',
  ipv4: '((25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)\\.){3}(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)',
}
formats['date-time'] = `${formats.date}T${formats.time}`

/**
 * The properties in their order, those that aren't required may be left out. Without `additionalProperties` there are
 * no others, as in OpenAI's strict mode; an object without `properties` may have any.
 *
 *   first[i]  what follows "{" when properties before i were left out      rest[i]  what follows a property before i
 */
export function objectSchema(node: Node, field: string, lower: Lower, named: Named): Expression {
  const properties = asObject(node.properties ?? {}, member(field, 'properties'))
  const required = stringList(node.required ?? [], member(field, 'required'))
  const others = node.additionalProperties ?? (node.properties === undefined && required.length === 0)
  const names = Object.keys(properties)
  for (const [index, name] of required.entries()) {
    if (Object.hasOwn(properties, name)) continue
    throw refusal(member(member(field, 'required'), index), name, 'the name of one of the properties')
  }
  const additional =
    others === false
      ? null
      : named(
          all(
            names.length === 0 ? rule('string') : named(stringExcept(names)),
            ...[colon, lower(others, member(field, 'additionalProperties'))],
          ),
        )
  let rest = additional === null ? all() : repeat(all(comma, additional), 0, null)
  let first = additional === null ? all() : optional(all(additional, rest))
  for (const name of names.toReversed()) {
    const value = lower(properties[name], member(member(field, 'properties'), name))
    const pair = named(all(literal(name), colon, value))
    const after = named(rest)
    const isRequired = required.includes(name)
    rest = all(isRequired ? all(comma, pair) : optional(all(comma, pair)), after)
    first = isRequired ? all(pair, after) : one(all(pair, after), named(first))
  }
  return bracketed('{', first, '}')
}

export function arraySchema(node: Node, field: string, lower: Lower, named: Named): Expression {
  const min = count(node.minItems ?? 0, member(field, 'minItems'))
  const max = node.maxItems === undefined ? null : count(node.maxItems, member(field, 'maxItems'))
  assertOrder(node, 'minItems', 'maxItems', field)
  const prefix = node.prefixItems ?? []
  if (!Array.isArray(prefix)) throw refusal(member(field, 'prefixItems'), prefix, 'a list of schemas')
  const heads = prefix.map((schema, index) => named(lower(schema, member(member(field, 'prefixItems'), index))))
  // A tuple has just its items unless it says otherwise.
  const others = node.items ?? heads.length === 0
  const tail = named(lower(others, member(field, 'items')))
  const least = Math.max(0, min - heads.length)
  const most = max === null ? null : max - heads.length
  if (heads.length === 0) {
    if (most === 0) return bracketed('[', all(), ']')
    const filled = all(tail, repeat(all(comma, tail), Math.max(0, least - 1), most === null ? null : most - 1))
    return bracketed('[', min === 0 ? optional(filled) : filled, ']')
  }
  if (most !== null && most < 0) {
    throw refusal(member(field, 'maxItems'), max, `at least ${heads.length}, the number of prefixItems`)
  }
  const items = heads.flatMap((head, index) => (index === 0 ? [head] : [comma, head]))
  const more = others === false && least === 0 ? all() : repeat(all(comma, tail), least, most)
  return bracketed('[', all(...items, more), ']')
}

export function stringSchema(node: Node, field: string): Expression {
  const { pattern, format } = node
  const exclusive = ['pattern', 'format'].find((keyword) => node[keyword] !== undefined)
  if (exclusive !== undefined) {
    const beside = ['minLength', 'maxLength', 'format'].find(
      (other) => other !== exclusive && node[other] !== undefined,
    )
    if (beside) throw refusalOf(member(field, beside), `it can't stand beside ${exclusive}; allowed: one of the two`)
  }
  if (pattern !== undefined) {
    if (typeof pattern !== 'string') throw refusal(member(field, 'pattern'), pattern, 'a string')
    return stringLike(parseRegex(pattern, member(field, 'pattern')))
  }
  if (format !== undefined) {
    const known = typeof format === 'string' && Object.hasOwn(formats, format) ? formats[format] : undefined
    if (known === undefined) throw refusal(member(field, 'format'), format, Object.keys(formats).join(', '))
    return stringLike(parseRegex(known, member(field, 'format')))
  }
  assertOrder(node, 'minLength', 'maxLength', field)
  const min = count(node.minLength ?? 0, member(field, 'minLength'))
  return stringOf(min, node.maxLength === undefined ? null : count(node.maxLength, member(field, 'maxLength')))
}

export function numberSchema(type: 'number' | 'integer', node: Node, field: string): Expression {
  const names = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'] as const
  const [minimum, maximum, above, below] = names.map((name) => bound(node[name], member(field, name)))
  if (names.every((name) => node[name] === undefined)) return rule(type)
  const highest = (a: number | null, b: number | null) => (a === null ? b : b === null ? a : Math.max(a, b))
  const lowest = (a: number | null, b: number | null) => (a === null ? b : b === null ? a : Math.min(a, b))
  const plus = (value: number | null | undefined, step: number) => (value == null ? null : value + step)
  const whole: Bounds = { min: highest(minimum!, plus(above, 1)), max: lowest(maximum!, plus(below, -1)) }
  const outer: Bounds = { min: highest(minimum!, above!), max: lowest(maximum!, below!) }
  const edges = type === 'integer' ? whole : outer
  if (edges.min !== null && edges.max !== null && edges.min > edges.max) {
    const name = names.find((one) => one.endsWith('imum') && one.includes('in') && node[one] !== undefined) ?? 'minimum'
    throw refusal(member(field, name), node[name], `at most ${edges.max}, so that there is a number at all`)
  }
  return type === 'integer' ? integersBetween(whole) : numbersBetween(whole, outer)
}

function bound(value: unknown, field: string): number | null {
  if (value === undefined) return null
  if (typeof value === 'number' && Number.isInteger(value) && Math.abs(value) <= maxMagnitude) return value
  throw refusal(field, value, `a whole number from -${maxMagnitude} to ${maxMagnitude}`)
}

function count(value: unknown, field: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= maxLength) return value
  throw refusal(field, value, `a whole number from 0 to ${maxLength}`)
}

function assertOrder(node: Node, min: string, max: string, field: string): void {
  const [least, most] = [node[min], node[max]]
  if (typeof least !== 'number' || typeof most !== 'number' || least <= most) return
  throw refusal(member(field, min), least, `at most ${max}, which is ${most}`)
}

function asObject(value: unknown, field: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw refusal(field, value, 'an object of schemas')
}

function stringList(value: unknown, field: string): string[] {
  if (Array.isArray(value) && value.every((name) => typeof name === 'string')) return value
  throw refusal(field, value, 'a list of names')
}
