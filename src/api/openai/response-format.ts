// response_format as OpenAI's clients write it. A schema is always kept strictly, whether `strict` asks for it or not.

import { z } from 'zod'

export const responseFormatWishSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text') }),
  z.object({ type: z.literal('json_object') }),
  z.object({
    type: z.literal('json_schema'),
    json_schema: z.object({
      schema: z.record(z.string(), z.unknown()),
      name: z.string().optional(),
      description: z.string().nullish(),
      strict: z.boolean().nullish(),
    }),
  }),
  z.object({ type: z.literal('regex'), regex: z.string().min(1).max(2000) }),
  z.object({ type: z.literal('choice'), choices: z.array(z.string().min(1).max(500)).min(1).max(500) }),
])
export type ResponseFormatWish = z.infer<typeof responseFormatWishSchema>

/** Without what only describes the schema. */
export function plainFormat(wish: ResponseFormatWish | undefined) {
  if (wish === undefined) return { type: 'text' } as const
  return wish.type === 'json_schema' ? { type: wish.type, json_schema: { schema: wish.json_schema.schema } } : wish
}
