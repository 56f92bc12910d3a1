// What a route's own schema lets through is checked again where a worker reads it: whatever one allows, the other must.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { chatRequestSchema, completionRequestSchema } from '../../src/api/openai/requests.ts'
import { analyzeRequestSchema, generateRequestSchema } from '../../src/stream/request.ts'
import { openAiClient } from './openai/openai-client.ts'
import { type RunningService, startService } from './running-service.ts'
import { post } from './sse-client.ts'

let service: RunningService
beforeAll(async () => {
  service = await startService({ slots: 16, maxContext: 2048, env: { DISCONNECT_GRACE_MS: '600000' } })
})
afterAll(() => service.stop())

interface NumberSchema {
  type?: string
  minimum?: number
  exclusiveMinimum?: number
  maximum?: number
  anyOf?: NumberSchema[]
}

/** The least and the greatest value of every number that the schema has, except of those that depend on the context. */
function extremes(schema: z.ZodType): { least: Record<string, number>; greatest: Record<string, number> } {
  const { properties = {} } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  const found = { least: {} as Record<string, number>, greatest: {} as Record<string, number> }
  for (const [name, property] of Object.entries(properties as Record<string, NumberSchema>)) {
    const number = [property, ...(property.anyOf ?? [])].find(({ type }) => type === 'integer' || type === 'number')
    if (number === undefined || /tokens$/.test(name)) continue
    const { minimum, exclusiveMinimum = 0, maximum } = number
    found.least[name] = minimum ?? exclusiveMinimum + 1e-9
    if (maximum !== undefined) found.greatest[name] = maximum
  }
  return found
}

const messages = [{ role: 'user', content: 'Once upon a time' }]
const stop = Array.from({ length: 4 }, (_, index) => `${index}`.repeat(64))
const texts = { stop, max_tokens: 8, min_tokens: 8 }
const formats = [
  { type: 'regex', regex: 'a'.repeat(2000) },
  { type: 'choice', choices: Array.from({ length: 20 }, (_, index) => `${index}`.padEnd(500, 'a')) },
]

const routes = [
  ['/generate', generateRequestSchema, { prompt: 'Once upon a time', ...texts }],
  ['/v1/completions', completionRequestSchema, { prompt: 'Once upon a time', best_of: undefined, ...texts }],
  ['/v1/chat/completions', chatRequestSchema, { messages, logprobs: true, ...texts }],
  ['/workflows/analyze-log', analyzeRequestSchema, { log_content: 'npm ERR! code ERESOLVE', max_tokens: 8 }],
] as const

describe.each(routes)('%s', (path, schema, body) => {
  it.each(['least', 'greatest'] as const)('serves what has the %s of every number that it allows', async (which) => {
    const numbers = extremes(schema)[which]
    expect(Object.keys(numbers)).toEqual(expect.arrayContaining(['temperature', 'top_p', 'seed']))
    const answer = await post(service.url + path, { ...numbers, ...body })
    expect([await answer.text(), answer.status]).toEqual([expect.any(String), 200])
  })

  if (path === '/workflows/analyze-log') return
  it.each(formats)('serves the longest $type that it allows', async (format) => {
    const answer = await post(service.url + path, { ...body, response_format: format })
    expect([await answer.text(), answer.status]).toEqual([expect.any(String), 200])
  })
})

it('/v1/chat/completions reports as many of the most probable tokens as it allows', async () => {
  const body = { messages, max_tokens: 2, logprobs: true, top_logprobs: 20 }
  const { choices } = await openAiClient(service).chat(body)
  expect(choices[0]?.logprobs?.content[0]?.top_logprobs).toHaveLength(20)
})
