// tokenizer.json, tokenizer_config.json and generation_config.json: the parts we read, checked.

import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { AppError } from '../errors.ts'

/** Written as a string or as an object with its text. */
const specialToken = z
  .union([z.string(), z.looseObject({ content: z.string() })])
  .nullish()
  .transform((token) => (typeof token === 'object' ? (token?.content ?? null) : (token ?? null)))

export const tokenizerConfigSchema = z.looseObject({
  bos_token: specialToken,
  eos_token: specialToken,
  unk_token: specialToken,
  pad_token: specialToken,
  chat_template: z
    .union([z.string(), z.array(z.object({ name: z.string(), template: z.string() }))])
    .nullish()
    .transform((value) =>
      typeof value === 'object'
        ? (value?.find((entry) => entry.name === 'default')?.template ?? null)
        : (value ?? null),
    ),
})
export type TokenizerConfig = z.infer<typeof tokenizerConfigSchema>

export const tokenizerJsonSchema = z.looseObject({
  added_tokens: z.array(z.looseObject({ id: z.int(), content: z.string(), special: z.boolean().default(false) })),
  model: z.looseObject({ type: z.string().nullish() }),
  decoder: z.unknown(),
})
export type TokenizerJson = z.infer<typeof tokenizerJsonSchema>

export const generationConfigSchema = z.looseObject({
  eos_token_id: z
    .union([z.int(), z.array(z.int())])
    .nullish()
    .transform((id) => (id === null || id === undefined ? [] : [id].flat())),
})

/** A JSON file as `schema` says; `bad_model` with the file's name otherwise. */
export function readModelJson<T>(path: string, schema: z.ZodType<T>): T {
  let content: unknown
  try {
    content = JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    throw new AppError('bad_model', `cannot read ${path}: ${(cause as Error).message}`, { field: path, cause })
  }
  const parsed = schema.safeParse(content)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]!
  throw new AppError('bad_model', `${path} is damaged: ${issue.path.join('.')}: ${issue.message}`, { field: path })
}
