// What a job is to do: everything an attempt needs, so that any worker can make it.

import { randomInt } from 'node:crypto'
import { z } from 'zod'
import { analyzeRequestSchema, type GenerateBody, generateRequestSchema } from './request.ts'
import { responseFormatSchema, toolCallsFormatSchema } from './response-format.ts'
import { parseStoredJson } from './stored.ts'

/** Of a token, in the OpenAI-compatible chat; the other routes allow fewer. */
export const mostTopLogprobs = 20

const fixed = { max_tokens: z.int().min(1), seed: z.int().min(0) }

const message = z.object({
  role: z.enum(['system', 'user', 'assistant', 'tool']),
  content: z.string(),
  tool_calls: z.array(z.object({ name: z.string(), arguments: z.string() })).optional(),
})

const tool = z.object({
  name: z.string(),
  description: z.string().optional(),
  parameters: z.record(z.string(), z.unknown()).optional(),
})

/** A generation with nothing left to chance: every attempt computes the same. */
const generatePayload = z.object({
  kind: z.literal('generate'),
  request: z.object({
    ...generateRequestSchema.shape,
    ...fixed,
    stop: z.array(z.string()),
    logprobs: z.int().min(0).max(mostTopLogprobs).optional(),
    /** A text, or the ids of its tokens. */
    prompt: z.union([z.string(), z.array(z.int().min(0))]).optional(),
    response_format: z.union([responseFormatSchema, toolCallsFormatSchema]),
    messages: z.array(message).min(1).optional(),
    /** That the messages' model may call. */
    tools: z.array(tool).optional(),
  }),
})

/** An analysis: the raw log stays in the API, only what its reduction kept travels. */
const analyzePayload = z.object({
  kind: z.literal('analyze-log'),
  request: z.object({ ...analyzeRequestSchema.shape, ...fixed }).omit({ log_content: true }),
  /** The reduction's result; its schema is src/logs's. */
  reduced: z.record(z.string(), z.unknown()),
})

export const jobPayloadSchema = z.discriminatedUnion('kind', [generatePayload, analyzePayload])
export type JobPayload = z.infer<typeof jobPayloadSchema>
export type GeneratePayload = z.infer<typeof generatePayload>
export type AnalyzePayload = z.infer<typeof analyzePayload>
export type GenerateRequest = GeneratePayload['request']
/** A generation as any route may ask for it, before everything is fixed. */
export type GenerateWish = Omit<GenerateBody, 'prompt' | 'messages' | 'response_format'> &
  Pick<GenerateRequest, 'prompt' | 'messages' | 'tools' | 'response_format'>

/** Without `max_tokens` an answer gets as many, where the context has room for them. */
export const defaultMaxTokens = 256

/** Of `randomInt`. */
const seedLimit = 2 ** 48 - 1

export function drawSeed(): number {
  return randomInt(seedLimit)
}

/** The generation with what was left open decided, once for all attempts. */
export function fixGenerate({ stop, ...wish }: GenerateWish, maxTokens: number): GenerateRequest {
  const stops = stop === undefined ? [] : [stop].flat()
  return { ...wish, stop: stops, max_tokens: maxTokens, seed: wish.seed ?? drawSeed() }
}

/** The prompt as the tokenizer takes it. */
export function promptOf({ messages, tools, prompt = '' }: Pick<GenerateWish, 'messages' | 'tools' | 'prompt'>) {
  if (messages) return { kind: 'messages' as const, messages, tools }
  return typeof prompt === 'string' ? { kind: 'text' as const, text: prompt } : { kind: 'ids' as const, ids: prompt }
}

/** @throws AppError `damaged_job` that names the first wrong field */
export function parsePayload(id: string, json: string): JobPayload {
  return parseStoredJson(jobPayloadSchema, json, `the payload of job ${id}`)
}
