// The request bodies of the native routes: validated by the API, carried in the job's payload, documented in OpenAPI.
// One schema for all three. Limits that depend on the model (context, vocabulary) are checked where the model is known.

import { z } from 'zod'
import { responseFormatSchema } from './response-format.ts'

export const maxStopStrings = 4
const maxStopLength = 64

/** Well-formed UTF-16 only: a lone surrogate has no UTF-8 form, so the text would change on its way. */
export const wellFormedText = z
  .string()
  .refine((value) => value.isWellFormed(), 'contains a lone surrogate, which is not valid Unicode text')

const chatMessage = z.strictObject({
  role: z.enum(['system', 'user', 'assistant']),
  content: wellFormedText,
})

export const stopString = wellFormedText.min(1).max(maxStopLength)

/** What every job takes, whatever its kind. */
const jobOptions = {
  on_disconnect: z.enum(['cancel', 'continue']).default('cancel'),
  deadline_ms: z.int().min(1000).max(3_600_000).default(600_000),
}

/** How tokens are chosen, on every route. */
export const sampling = {
  temperature: z.number().min(0).max(2),
  top_p: z.number().gt(0).max(1),
  top_k: z.int().min(0).max(1000),
  min_p: z.number().min(0).max(1),
  repetition_penalty: z.number().min(0.1).max(2),
  presence_penalty: z.number().min(-2).max(2),
  frequency_penalty: z.number().min(-2).max(2),
  seed: z.int().min(0).max(Number.MAX_SAFE_INTEGER),
}

export const generateRequestSchema = z
  .strictObject({
    prompt: wellFormedText.min(1).optional(),
    messages: z.array(chatMessage).min(1).optional(),
    max_tokens: z.int().min(1).optional(),
    temperature: sampling.temperature.default(0.7),
    top_p: sampling.top_p.default(0.9),
    top_k: sampling.top_k.default(0),
    min_p: sampling.min_p.default(0),
    repetition_penalty: sampling.repetition_penalty.default(1),
    presence_penalty: sampling.presence_penalty.default(0),
    frequency_penalty: sampling.frequency_penalty.default(0),
    stop: z.union([stopString, z.array(stopString).max(maxStopStrings)]).optional(),
    seed: sampling.seed.optional(),
    logprobs: z.int().min(0).max(5).optional(),
    ignore_eos: z.boolean().default(false),
    min_tokens: z.int().min(0).default(0),
    response_format: responseFormatSchema.default({ type: 'text' }),
    ...jobOptions,
  })
  .refine((body) => (body.prompt === undefined) !== (body.messages === undefined), {
    message: 'give exactly one of prompt and messages',
    path: ['prompt'],
  })
  .refine((body) => !body.ignore_eos || body.response_format.type === 'text', {
    message: "it can't be true beside a response_format, whose end is the end",
    path: ['ignore_eos'],
  })

/** A generation as the client asked for it, defaults filled in. */
export type GenerateBody = z.infer<typeof generateRequestSchema>

export const analyzeRequestSchema = z.strictObject({
  log_content: wellFormedText.min(1),
  log_type: wellFormedText.min(1).max(64).default('auto'),
  max_tokens: z.int().min(1).optional(),
  temperature: sampling.temperature.default(0.2),
  top_p: sampling.top_p.default(0.9),
  seed: sampling.seed.optional(),
  redact: z
    .array(z.enum(['email', 'ip']))
    .max(2)
    .default([])
    .describe('personal data that is redacted beside secrets'),
  ...jobOptions,
})

/** A number or a list as a query or a form carries it: text. What is none stays text, for the message. */
const fromText = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess(
    (value) => (typeof value === 'string' && /^-?\d+(?:\.\d+)?$/.test(value) ? Number(value) : value),
    schema,
  )

const { log_content: _, ...analyzeOptions } = analyzeRequestSchema.shape

/** The options of an analysis whose log is uploaded: the same, all of them text. */
export const uploadOptionsSchema = z.strictObject({
  ...analyzeOptions,
  max_tokens: fromText(analyzeOptions.max_tokens),
  temperature: fromText(analyzeOptions.temperature),
  top_p: fromText(analyzeOptions.top_p),
  seed: fromText(analyzeOptions.seed),
  deadline_ms: fromText(analyzeOptions.deadline_ms),
  redact: z.preprocess((value) => (typeof value === 'string' ? value.split(',') : value), analyzeOptions.redact),
})

export type AnalyzeOptions = z.infer<typeof uploadOptionsSchema>
