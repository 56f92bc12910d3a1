// Data that comes out of Redis is checked like any other input: anyone with access to it can write there.

import type { z } from 'zod'
import { AppError } from '../errors.ts'

/**
 * @param what for people: `the record of job job_x`
 * @throws AppError `damaged_job` that names the first wrong field
 */
export function parseStored<Schema extends z.ZodType>(schema: Schema, value: unknown, what: string): z.output<Schema> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const place = issue?.path.join('.')
  throw new AppError('damaged_job', `${what} is damaged: ${place ? `${place}: ` : ''}${issue?.message}`)
}

/** As parseStored, for JSON text. */
export function parseStoredJson<Schema extends z.ZodType>(
  schema: Schema,
  json: string,
  what: string,
): z.output<Schema> {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (cause) {
    throw new AppError('damaged_job', `${what} is damaged: not JSON`, { cause })
  }
  return parseStored(schema, value, what)
}
