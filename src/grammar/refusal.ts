// Why a format can't be kept: always the caller's fault, always with the field that is wrong.

import { AppError } from '../errors.ts'

const shownCharacters = 60

/** @param allowed what could stand there instead, without "allowed: " */
export function refusal(field: string, value: unknown, allowed: string): AppError {
  return new AppError('invalid_request', `${field} is ${shown(value)}; allowed: ${allowed}`, { field })
}

/** A refusal whose message is a sentence of its own. */
export function refusalOf(field: string, sentence: string): AppError {
  return new AppError('invalid_request', `${field}: ${sentence}`, { field })
}

/** `field.name`, or `field["name"]` where the name is no plain word. */
export function member(field: string, key: string | number): string {
  if (typeof key === 'number') return `${field}[${key}]`
  if (/^[\w$]{1,60}$/.test(key)) return `${field}.${key}`
  return `${field}[${shown(key)}]`
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length} items`
  if (typeof value === 'object' && value !== null) return 'an object'
  const text = JSON.stringify(value) ?? 'missing'
  return text.length <= shownCharacters ? text : `${text.slice(0, shownCharacters)}... (${text.length} characters)`
}
