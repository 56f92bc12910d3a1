// What leaves the process that read a log: the redacted pack and the verdict of the rules. It is queued as JSON and
// checked again by whoever takes it from the queue. The raw log is no part of it.

import { z } from 'zod'
import { diagnosisSchema, redactionSchema, reductionSchema } from './analysis.ts'

export const maxPackBytes = 256 * 1024

const counts = z.record(z.string(), z.number())

export const reducedLogSchema = z.object({
  /** As the caller gave it. */
  log_type: z.string(),
  /** The selected lines, each as `number: text`, gaps marked. At most `maxPackBytes` of UTF-8. */
  pack: z.string(),
  /** The verdict in a few lines, for the prompt. */
  facts: z.string(),
  /** Tokens of `facts` and `pack` together, as counted by the caller's tokenizer. */
  tokens: z.int(),
  diagnosis: diagnosisSchema,
  reduction: reductionSchema,
  redaction: redactionSchema,
  /** What the progress events of the first three stages report. */
  counts: z.object({ reading: counts, redacting: counts, reducing: counts }),
})
export type ReducedLog = z.infer<typeof reducedLogSchema>
