// The answers of the OpenAI-compatible routes as schemas: for the OpenAPI document, and for tests that hold the service to
// it.

import { z } from 'zod'

const named = z.object({ token: z.string(), logprob: z.number(), bytes: z.array(z.int()) })
const chatLogprobs = z.object({
  content: z.array(named.extend({ top_logprobs: z.array(named) })),
  refusal: z.null(),
})
const completionLogprobs = z.object({
  tokens: z.array(z.string()),
  token_logprobs: z.array(z.number()),
  top_logprobs: z.array(z.record(z.string(), z.number())),
  text_offset: z.array(z.int()).describe('in the text, in UTF-16 code units'),
})

const usage = z.object({
  prompt_tokens: z.int(),
  completion_tokens: z.int(),
  total_tokens: z.int(),
  prompt_tokens_details: z.object({ cached_tokens: z.int() }),
})

const head = {
  id: z.string(),
  created: z.int().describe('seconds since the epoch'),
  model: z.string(),
  system_fingerprint: z.string(),
}

const chatFinish = z.enum(['stop', 'length', 'tool_calls'])
const finish = z.enum(['stop', 'length'])

const toolCall = z.object({
  id: z.string(),
  type: z.literal('function'),
  function: z.object({ name: z.string(), arguments: z.string().describe('JSON') }),
})

export const chatCompletionSchema = z.object({
  ...head,
  object: z.literal('chat.completion'),
  choices: z.array(
    z.object({
      index: z.int(),
      message: z.object({
        role: z.literal('assistant'),
        content: z.string().nullable(),
        refusal: z.null(),
        tool_calls: z.array(toolCall).optional(),
      }),
      logprobs: chatLogprobs.nullable(),
      finish_reason: chatFinish,
    }),
  ),
  usage,
})

export const chatChunkSchema = z.object({
  ...head,
  object: z.literal('chat.completion.chunk'),
  choices: z.array(
    z.object({
      index: z.int(),
      delta: z.object({
        role: z.literal('assistant').optional(),
        content: z.string().optional(),
        tool_calls: z
          .array(
            z.object({
              index: z.int(),
              id: z.string().optional(),
              type: z.literal('function').optional(),
              function: z.object({ name: z.string().optional(), arguments: z.string() }),
            }),
          )
          .optional(),
      }),
      logprobs: chatLogprobs.nullable(),
      finish_reason: chatFinish.nullable(),
    }),
  ),
  usage: usage.nullish().describe('only with stream_options.include_usage; then null but in the last chunk'),
})

const completionChoice = {
  index: z.int(),
  text: z.string(),
  logprobs: completionLogprobs.nullable(),
}

export const completionSchema = z.object({
  ...head,
  object: z.literal('text_completion'),
  choices: z.array(z.object({ ...completionChoice, finish_reason: finish })),
  usage,
})

export const completionChunkSchema = z.object({
  ...head,
  object: z.literal('text_completion'),
  choices: z.array(z.object({ ...completionChoice, finish_reason: finish.nullable() })),
  usage: usage.nullish(),
})

export const embeddingListSchema = z.object({
  object: z.literal('list'),
  data: z.array(
    z.object({
      object: z.literal('embedding'),
      index: z.int(),
      embedding: z.union([z.array(z.number()), z.string()]).describe('of length 1; a string with base64'),
    }),
  ),
  model: z.string(),
  usage: z.object({ prompt_tokens: z.int(), total_tokens: z.int() }),
})

export const modelSchema = z.object({
  id: z.string(),
  object: z.literal('model'),
  created: z.int(),
  owned_by: z.string(),
  max_model_len: z.int().describe('tokens that a prompt and its answer may have together, or a text to embed'),
  embedding_dimensions: z.int().optional().describe('of an embedding model'),
})

export const modelListSchema = z.object({ object: z.literal('list'), data: z.array(modelSchema) })

export const openAiErrorSchema = z.object({
  error: z.object({
    message: z.string(),
    type: z.string(),
    param: z.string().nullable(),
    code: z.string().nullable(),
  }),
})
