// The answers of the native routes as schemas: for the OpenAPI document, and for tests that hold the service to it.

import { z } from 'zod'
import { knowledgeCaseSchema } from '../knowledge/case.ts'
import { analysisSchema } from '../logs/analysis.ts'
import { stages, timingsSchema, tokenLogprobSchema, usageSchema } from '../stream/events.ts'
import { jobKinds, jobStates } from '../stream/job-record.ts'
import { workerInfoSchema } from '../stream/worker-registry.ts'

const finishReason = z.enum(['stop', 'length', 'cancelled'])

const outcome = {
  id: z.string(),
  tokens_generated: z.int(),
  finish_reason: finishReason,
  usage: usageSchema,
  timings: timingsSchema,
  model: z.string().nullable(),
  seed: z.int().optional(),
}

export const generateResultSchema = z.object({
  ...outcome,
  text: z.string(),
  logprobs: z.array(tokenLogprobSchema.extend({ top: z.array(tokenLogprobSchema) })).optional(),
})

export const analyzeResultSchema = z.object({
  ...outcome,
  finish_reason: z.enum([...finishReason.options, 'error']),
  full_text: z.string(),
  analysis: analysisSchema.optional().describe('missing when the job was stopped before its end'),
})

export const errorSchema = z.object({
  error: z.object({ code: z.string(), message: z.string(), field: z.string().optional() }),
})

export const acceptedSchema = z.object({ id: z.string(), stream_url: z.string() })

export const jobSchema = z.object({
  id: z.string(),
  kind: z.enum(jobKinds),
  state: z.enum(jobStates),
  created_at: z.iso.datetime(),
  position: z.int().optional().describe('1-based place in line while queued'),
  eta_ms: z.int().optional(),
  attempt: z.int().describe('0 before a worker has taken it'),
  request_id: z.string().optional().describe('x-request-id of the request that started it'),
  worker: z
    .object({ id: z.string(), host: z.string(), pid: z.int() })
    .optional()
    .describe('for operators: with an ADMIN_KEY its holder'),
  usage: usageSchema,
  ttft_ms: z.int().optional(),
  ended_at: z.iso.datetime().optional(),
  result: z.union([generateResultSchema, analyzeResultSchema]).optional(),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
})

export const ticketSchema = z.object({
  ticket: z.string(),
  expires_in_s: z.int(),
  stream_url: z.string().describe('with the ticket; opens with an EventSource, without a key'),
})

export const jobListSchema = z.object({ jobs: z.array(jobSchema) })

export const stoppedSchema = z.object({
  id: z.string(),
  state: z.enum(jobStates),
  finish_reason: z.enum([...finishReason.options, 'error']),
  usage: usageSchema.optional(),
})

export const casesSchema = z.object({ cases: z.array(knowledgeCaseSchema) })

export const casePageSchema = casesSchema.extend({
  total: z.int(),
  next_offset: z.int().nullable().describe('of the next page; null: this is the last'),
})

export const feedbackResultSchema = z.object({
  verdict: z.enum(['right', 'wrong']),
  case: knowledgeCaseSchema
    .nullable()
    .describe('what the same failure is answered with from now on, where that is new'),
})

const servedModel = z.object({ name: z.string(), precision: z.string(), max_context: z.int() })

export const healthSchema = z.object({
  status: z.literal('ok'),
  version: z.string(),
  uptime_s: z.int(),
  model: servedModel,
  model_loaded: z.boolean().describe('whether a worker has the model loaded and can serve'),
  redis: z.enum(['up', 'down']),
  workers: z.int(),
  jobs_waiting: z.int(),
})

export const readySchema = z.object({ status: z.literal('ready'), workers: z.int() })

const worker = workerInfoSchema.extend({ jobs: z.int().describe('held now; newer than the rest') })
export const workersSchema = z.object({ workers: z.array(worker) })

export const queuedEventSchema = z.object({ id: z.string(), position: z.int(), eta_ms: z.number().nullable() })
export const stageEventSchema = z.object({ stage: z.enum(stages), counts: z.record(z.string(), z.number()) })
export const tokenEventSchema = z.object({
  token: z.string(),
  ...tokenLogprobSchema
    .omit({ token: true })
    .extend({ top: z.array(tokenLogprobSchema) })
    .partial().shape,
})
export const errorEventSchema = z.object({ error: z.string(), code: z.string() })
export const generationDoneEventSchema = z.object(outcome)

const sample = z.object({
  at: z.int().describe('ms since the epoch'),
  tokens_per_second: z.number(),
  running: z.int(),
  waiting: z.int(),
})
export const historyEventSchema = z.object({ samples: z.array(sample) })
export const snapshotEventSchema = z.object({
  model: servedModel,
  reachable: z.boolean().describe('whether Redis answers'),
  jobs: z.array(jobSchema.omit({ result: true, error: true }).extend({ error: z.string().optional() })),
  workers: z.array(worker).describe('none where the key is not an operator’s'),
  queue: z.object({ admitted: z.int(), waiting: z.int() }),
  sample: sample.optional(),
})
export const textEventSchema = z.object({ id: z.string(), text: z.string() })
