// The bodies of the OpenAI-compatible routes. Unknown fields are ignored and null counts as missing: clients send many of
// both. What is known and can't be kept is refused, never dropped in silence.

import { z } from 'zod'
import { mostTopLogprobs } from '../../stream/payload.ts'
import { maxStopStrings, sampling, stopString, wellFormedText } from '../../stream/request.ts'
import { responseFormatWishSchema } from './response-format.ts'
import { toolChoiceSchema, toolSchema } from './tools.ts'

export const mostChoices = 16
const mostTools = 128

/** A field that may be left out, or null. */
const maybe = <Schema extends z.ZodType>(schema: Schema) => schema.nullish().transform((value) => value ?? undefined)

const count = z.int().min(1)

/** What both kinds of completion take. */
const common = {
  model: maybe(z.string()).describe('as GET /v1/models lists it; without it the one that is served'),
  max_tokens: maybe(count),
  temperature: maybe(sampling.temperature).describe('0 is greedy; 0.7 where it is missing'),
  top_p: maybe(z.number().min(0).max(1)).describe('0.9 where it is missing'),
  top_k: maybe(z.int().min(-1).max(1000)).describe('0 or -1: off'),
  min_p: maybe(sampling.min_p),
  repetition_penalty: maybe(sampling.repetition_penalty),
  presence_penalty: maybe(sampling.presence_penalty),
  frequency_penalty: maybe(sampling.frequency_penalty),
  stop: maybe(z.union([stopString, z.array(stopString).max(maxStopStrings)])),
  seed: maybe(z.int()),
  n: maybe(count.max(mostChoices)),
  stream: maybe(z.boolean()),
  stream_options: maybe(z.object({ include_usage: maybe(z.boolean()) })),
  logit_bias: maybe(z.record(z.string(), z.unknown())).describe('only empty: it is not supported'),
  ignore_eos: maybe(z.boolean()),
  min_tokens: maybe(z.int().min(0)),
  on_disconnect: maybe(z.enum(['cancel', 'continue'])).describe(
    'continue: the answer is finished though the client is gone, and can be read at /jobs/{X-Job-Id}/stream',
  ),
  user: maybe(z.string()).describe('ignored'),
}

/** Other kinds of part (images, audio) are refused by name where the messages are read. */
const content = z.union([wellFormedText, z.array(z.looseObject({ type: z.string(), text: wellFormedText.optional() }))])

const toolCall = z.object({
  id: z.string().optional(),
  type: z.literal('function').optional(),
  function: z.object({ name: wellFormedText, arguments: wellFormedText }),
})

export const chatMessageSchema = z.discriminatedUnion('role', [
  z.object({ role: z.literal('system'), content }),
  z.object({ role: z.literal('developer'), content }),
  z.object({ role: z.literal('user'), content }),
  z.object({ role: z.literal('assistant'), content: maybe(content), tool_calls: maybe(z.array(toolCall)) }),
  z.object({ role: z.literal('tool'), content, tool_call_id: z.string().optional() }),
])
export type ChatMessageBody = z.infer<typeof chatMessageSchema>

export const chatRequestSchema = z.object({
  messages: z.array(chatMessageSchema).min(1),
  ...common,
  max_completion_tokens: maybe(count).describe('the context left where neither it nor max_tokens is given'),
  logprobs: maybe(z.boolean()),
  top_logprobs: maybe(z.int().min(0).max(mostTopLogprobs)),
  response_format: maybe(responseFormatWishSchema),
  tools: maybe(z.array(toolSchema).max(mostTools)),
  tool_choice: maybe(toolChoiceSchema),
  parallel_tool_calls: maybe(z.boolean()),
  functions: maybe(z.array(z.unknown())).describe('only empty: use tools'),
  modalities: maybe(z.array(z.string())).describe('only ["text"]'),
})
export type ChatBody = z.infer<typeof chatRequestSchema>

const tokenIds = z.array(z.int().min(0)).min(1)

/** Lists may be long, so they are read by hand: see embedding-inputs.ts. This is how the document describes them. */
const embeddingInput = z.union([z.string(), z.array(z.any())]).meta({
  description: 'a text or the ids of its tokens, or a list of up to 2048 of either',
  anyOf: [
    { type: 'string', minLength: 1 },
    { type: 'array', items: { type: 'integer', minimum: 0 }, minItems: 1 },
    { type: 'array', items: { type: 'string', minLength: 1 }, minItems: 1, maxItems: 2048 },
    { type: 'array', items: { type: 'array', items: { type: 'integer', minimum: 0 }, minItems: 1 }, minItems: 1 },
  ],
})

export const embeddingRequestSchema = z.object({
  input: embeddingInput,
  model: maybe(z.string()).describe('as GET /v1/models lists it; without it the embedding model that is served'),
  encoding_format: maybe(z.enum(['float', 'base64'])).describe('base64: the float32 values, little-endian'),
  dimensions: maybe(count).describe('fewer than the model has only where it was trained for that'),
  user: maybe(z.string()).describe('ignored'),
})
export type EmbeddingBody = z.infer<typeof embeddingRequestSchema>

export const completionRequestSchema = z.object({
  prompt: z
    .union([
      wellFormedText.min(1),
      tokenIds,
      z.array(wellFormedText.min(1)).min(1).max(mostChoices),
      z.array(tokenIds).min(1).max(mostChoices),
    ])
    .describe('a text or the ids of its tokens, or a list of either'),
  ...common,
  max_tokens: maybe(count).describe('16 where it is missing'),
  logprobs: maybe(z.int().min(0).max(5)),
  echo: maybe(z.boolean()).describe('only false'),
  suffix: maybe(z.string()).describe('only empty'),
  best_of: maybe(count).describe('only n'),
  response_format: maybe(responseFormatWishSchema),
})
export type CompletionBody = z.infer<typeof completionRequestSchema>
export type CommonBody = Omit<CompletionBody, 'prompt' | 'logprobs' | 'echo' | 'suffix' | 'best_of'>
