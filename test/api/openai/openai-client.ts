// The OpenAI-compatible routes as a plain HTTP client sees them. Every answer is checked against its published schema.

import { createParser } from 'eventsource-parser'
import { expect } from 'vitest'
import type { z } from 'zod'
import {
  chatChunkSchema,
  chatCompletionSchema,
  completionChunkSchema,
  completionSchema,
  openAiErrorSchema,
} from '../../../src/api/openai/wire-schemas.ts'
import { post } from '../sse-client.ts'

const kinds = {
  chat: { path: '/v1/chat/completions', whole: chatCompletionSchema, chunk: chatChunkSchema },
  text: { path: '/v1/completions', whole: completionSchema, chunk: completionChunkSchema },
} as const

/** The data of a stream, which must have nothing else in it. */
export async function dataOf(response: Response): Promise<string[]> {
  const all: string[] = []
  const text = await response.text()
  expect(text).not.toMatch(/^(event|id|retry):/m)
  createParser({ onEvent: ({ data }) => all.push(data) }).feed(text)
  return all
}

async function chunksOf<Schema extends z.ZodType>(schema: Schema, url: string, body: object) {
  const response = await post(url, { ...body, stream: true })
  const data = await dataOf(response)
  expect(data.at(-1)).toBe('[DONE]')
  const chunks: z.infer<Schema>[] = data.slice(0, -1).map((one) => schema.parse(JSON.parse(one)))
  return { response, chunks }
}

const wholeOf = async <Schema extends z.ZodType>(schema: Schema, url: string, body: object): Promise<z.infer<Schema>> =>
  schema.parse(await (await post(url, body)).json())

export function openAiClient(service: { url: string }) {
  const url = (kind: keyof typeof kinds) => service.url + kinds[kind].path
  return {
    chat: (body: object) => wholeOf(kinds.chat.whole, url('chat'), body),
    chatChunks: (body: object) => chunksOf(kinds.chat.chunk, url('chat'), body),
    complete: (body: object) => wholeOf(kinds.text.whole, url('text'), body),
    completeChunks: (body: object) => chunksOf(kinds.text.chunk, url('text'), body),
    post: (kind: keyof typeof kinds, body: unknown, init: RequestInit = {}) => post(url(kind), body, init),
  }
}

export async function errorOf(response: Response) {
  expect(response.headers.get('x-request-id')).toBeTruthy()
  return { status: response.status, ...openAiErrorSchema.parse(await response.json()).error }
}
