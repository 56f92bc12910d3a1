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

/** What Redis answers to a read. @throws AppError `damaged_job` where the key holds another type of value */
export async function readStored<Value>(reading: Promise<Value>, what: string): Promise<Value> {
  try {
    return await reading
  } catch (cause) {
    if (!(cause instanceof Error && cause.message.startsWith('WRONGTYPE'))) throw cause
    throw new AppError('damaged_job', `${what} is damaged: its key holds another type of value`, { cause })
  }
}
