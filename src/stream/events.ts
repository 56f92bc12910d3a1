// The events of a job: what the log holds, what the channel carries and what a client reads. The seq of a job's events
// is 0, 1, 2, ... without gaps, whichever process writes them; exactly one event, the last, is terminal.

import { z } from 'zod'

export const stages = ['reading', 'redacting', 'reducing', 'retrieving', 'explaining'] as const
export type Stage = (typeof stages)[number]

const seq = z.int().min(0)

export const tokenLogprobSchema = z.object({ token: z.string(), id: z.int(), logprob: z.number() })

export const usageSchema = z.object({
  prompt_tokens: z.int(),
  completion_tokens: z.int(),
  total_tokens: z.int(),
  cached_tokens: z.int(),
})
export type Usage = z.infer<typeof usageSchema>

/** Milliseconds, rounded. `queued_ms` ends when a worker opened the job; `ttft_ms` and `total_ms` count from admission. */
export const timingsSchema = z.object({
  queued_ms: z.number(),
  ttft_ms: z.number().nullable(),
  total_ms: z.number(),
  tokens_per_second: z.number().nullable(),
})
export type Timings = z.infer<typeof timingsSchema>

const queued = z.object({
  type: z.literal('queued'),
  seq,
  position: z.int(),
  etaMs: z.number().nullable(),
})
const stage = z.object({
  type: z.literal('stage'),
  seq,
  stage: z.enum(stages),
  counts: z.record(z.string(), z.number()),
  /** What the stage found that a later attempt must go on with. No client sees it. */
  kept: z.record(z.string(), z.unknown()).optional(),
})
const token = z.object({
  type: z.literal('token'),
  seq,
  text: z.string(),
  /** null: text that was held back until the end; it is no generated token. */
  tokenId: z.int().nullable(),
  /** What the model said, where that is not the text. A later attempt goes on from it; no client sees it. */
  raw: z.string().optional(),
  logprob: tokenLogprobSchema.extend({ top: z.array(tokenLogprobSchema) }).optional(),
})
const done = z.object({
  type: z.literal('done'),
  seq,
  /** `error`: of an analysis whose model failed; what rules found is in its result. */
  reason: z.enum(['stop', 'length', 'cancelled', 'error']),
  tokensGenerated: z.int(),
  usage: usageSchema,
  timings: timingsSchema,
  model: z.string().nullable(),
  seed: z.int().nullable(),
  /** What an analysis adds to its end: `full_text` and `analysis` of the wire format. */
  result: z.record(z.string(), z.unknown()).optional(),
})
const error = z.object({
  type: z.literal('error'),
  seq,
  code: z.string(),
  message: z.string(),
})

export const streamEventSchema = z.discriminatedUnion('type', [queued, stage, token, done, error])
export type StreamEvent = z.infer<typeof streamEventSchema>
export type TokenEvent = z.infer<typeof token>
export type TerminalEvent = z.infer<typeof done> | z.infer<typeof error>

/** An event before its seq is known. */
export type NewEvent = StreamEvent extends infer E ? (E extends StreamEvent ? Omit<E, 'seq'> : never) : never

export function isTerminal(event: { type: StreamEvent['type'] }): event is TerminalEvent {
  return event.type === 'done' || event.type === 'error'
}
