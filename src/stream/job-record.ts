// What Redis knows of a job beside its events. Read from a hash that anyone with access to Redis can write, so it is
// checked like any other input.

import { z } from 'zod'
import { parseStored } from './stored.ts'

export const jobKinds = ['generate', 'analyze-log'] as const
export type JobKind = (typeof jobKinds)[number]

export const jobStates = ['queued', 'active', 'completed', 'failed', 'cancelled'] as const
export type JobState = (typeof jobStates)[number]

const workerRef = z.object({ id: z.string(), host: z.string(), pid: z.number() })
export type WorkerRef = z.infer<typeof workerRef>

const count = z.coerce.number().int().min(0)
/** No later than a Date can say. */
const time = z.coerce.number().min(0).max(8.64e15)

const recordSchema = z.object({
  kind: z.enum(jobKinds),
  state: z.enum(jobStates),
  owner: z.string(),
  /** The newest attempt; 0: no worker has opened the job yet. */
  fence: count,
  /** The seq of the newest event. */
  last: count,
  /** Generated tokens in the log. */
  tokens: count,
  /** An estimate for an analysis, until it has ended. */
  prompt_tokens: count,
  /** Known at the end. */
  cached_tokens: count.default(0),
  seed: count,
  on_disconnect: z.enum(['cancel', 'continue']),
  request_id: z.string().default(''),
  /** Trace context of the request; empty: it is not traced. */
  trace: z.string().default(''),
  created_at: time,
  deadline_at: time,
  opened_at: time.optional(),
  first_token_at: time.optional(),
  ended_at: time.optional(),
  worker: z
    .string()
    .transform((json, context) => {
      try {
        return JSON.parse(json) as unknown
      } catch {
        context.addIssue('not JSON')
        return z.NEVER
      }
    })
    .pipe(workerRef)
    .optional(),
})

/** Times are milliseconds since the epoch, by Redis's clock. */
export type JobRecord = z.infer<typeof recordSchema>

/** @throws AppError `damaged_job` that names the field, when the hash is not what this service writes */
export function parseRecord(id: string, fields: Record<string, string>): JobRecord {
  return parseStored(recordSchema, fields, `the record of job ${id}`)
}
