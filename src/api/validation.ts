// What is wrong with a body, in one sentence: which field, which value, what is allowed.

import { z } from 'zod'
import { AppError } from '../errors.ts'

const shownCharacters = 60

/** @throws AppError `invalid_request` for the first thing that is wrong */
export function validate<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const parsed = schema.safeParse(body, { reportInput: true })
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]!
  if (issue.code === 'unrecognized_keys') {
    const names = schema instanceof z.ZodObject && issue.path.length === 0 ? Object.keys(schema.shape) : null
    throw unknownField(fieldName([...issue.path, issue.keys[0]!]), names)
  }
  throw explain(issue, body)
}

function explain(issue: z.core.$ZodIssue, body: unknown): AppError {
  if (issue.path.length === 0) {
    return new AppError('invalid_request', `the body is ${show(body)}; allowed: a JSON object`, { field: 'body' })
  }
  const field = fieldName(issue.path)
  const value = valueAt(body, issue.path, issue.input)
  if (value === undefined && issue.code !== 'custom') {
    return new AppError('invalid_request', `${field} is missing; allowed: ${allowed(issue)}`, { field })
  }
  if (issue.code === 'custom') return new AppError('invalid_request', `${field}: ${issue.message}`, { field })
  return new AppError('invalid_request', `${field} is ${show(value)}; allowed: ${allowed(issue)}`, { field })
}

/** @param names of the fields that there are in its place; null: they are many */
export function unknownField(field: string, names: readonly string[] | null): AppError {
  const allowed = names && `; allowed: ${names.length === 0 ? 'none' : names.join(', ')}`
  return new AppError('invalid_request', `${field} is not a field of this request${allowed ?? ''}`, { field })
}

function allowed(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected === 'int' ? 'a whole number' : `${article(issue.expected)} ${issue.expected}`
    case 'too_big':
      return `${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}${unit(issue.origin)}`
    case 'too_small':
      return `${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}${unit(issue.origin)}`
    case 'invalid_value':
      return issue.values.map((value) => JSON.stringify(value)).join(', ')
    case 'invalid_union':
      if (issue.errors.length === 0 && 'options' in issue)
        return (issue.options as unknown[]).map((one) => JSON.stringify(one)).join(', ')
      return issue.errors.map((branch) => (branch[0] ? allowed(branch[0]) : '')).join(', or ')
    default:
      return issue.message
  }
}

function unit(origin: string): string {
  if (origin === 'string') return ' characters'
  return origin === 'array' ? ' items' : ''
}

function article(noun: string): string {
  return /^[aeiou]/.test(noun) ? 'an' : 'a'
}

/** `messages[0].role`; a name that a client made up is cut. */
export function fieldName(path: PropertyKey[]): string {
  const whole = path.reduce<string>((name, key) => {
    if (typeof key === 'number') return `${name}[${key}]`
    return name === '' ? String(key) : `${name}.${String(key)}`
  }, '')
  return whole.length <= shownCharacters ? whole : `${whole.slice(0, shownCharacters)}...`
}

/** @param parsed what is at the path where the schema made it: a list that the client sent as one text */
function valueAt(body: unknown, path: PropertyKey[], parsed: unknown): unknown {
  let value: unknown = body
  for (const key of path) {
    if (typeof value === 'string') return parsed
    value = (value as Record<PropertyKey, unknown> | null | undefined)?.[key]
  }
  return value
}

/** Long values are cut: a body may hold a whole log. */
export function show(value: unknown): string {
  if (typeof value === 'number') return String(value)
  if (Array.isArray(value)) return `a list of ${value.length} items`
  // Not written out: it may be nested deeper than any recursion can follow.
  if (typeof value === 'object' && value !== null) return 'an object'
  const text = JSON.stringify(value) ?? 'missing'
  return text.length <= shownCharacters ? text : `${text.slice(0, shownCharacters)}... (${text.length} characters)`
}
