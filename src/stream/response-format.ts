// What a client may ask the text to look like. Whether a schema or an expression can be kept is decided by src/grammar.

import { z } from 'zod'

const schemaName = z.string().regex(/^[\w-]{1,64}$/)

export const responseFormatSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text') }),
  z.strictObject({ type: z.literal('json_object') }),
  z.strictObject({
    type: z.literal('json_schema'),
    json_schema: z.strictObject({
      schema: z.record(z.string(), z.unknown()),
      /** For OpenAI's clients: neither changes anything, a schema is always kept strictly. */
      name: schemaName.optional(),
      description: z.string().max(1024).optional(),
      strict: z.boolean().optional(),
    }),
  }),
  z.strictObject({ type: z.literal('regex'), regex: z.string().min(1).max(2000) }),
  z.strictObject({ type: z.literal('choice'), choices: z.array(z.string().min(1).max(500)).min(1).max(500) }),
])

/** Calls of tools, as the OpenAI-compatible routes ask for them. */
export const toolCallsFormatSchema = z.object({
  type: z.literal('tool_calls'),
  tools: z.array(z.object({ name: z.string(), parameters: z.record(z.string(), z.unknown()) })).min(1),
  required: z.boolean(),
  parallel: z.boolean(),
  form: z.enum(['tags', 'bare']).default('tags'),
})
