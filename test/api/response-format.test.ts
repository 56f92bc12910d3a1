import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { generateResultSchema } from '../../src/api/wire-schemas.ts'
import { type RunningService, startService } from './running-service.ts'
import { post, streamOf } from './sse-client.ts'

let service: RunningService
beforeAll(async () => {
  service = await startService()
})
afterAll(() => service.stop())

const properties = { ok: { type: 'boolean' }, n: { type: 'integer', minimum: 0, maximum: 99 } }
const schema = { type: 'object', properties, required: ['ok', 'n'] }
const body = {
  ...{ prompt: 'a', max_tokens: 60, temperature: 1, seed: 3 },
  response_format: { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema } },
}
const whole = async (request: unknown) =>
  generateResultSchema.parse(await (await post(`${service.url}/generate`, request)).json())

describe('a response_format', () => {
  it('is kept, whole and streamed alike, and its text parses', async () => {
    const answer = await whole(body)
    const streamed = await streamOf(`${service.url}/generate/stream`, body)
    expect(streamed.text).toBe(answer.text)
    expect(answer.finish_reason).toBe('stop')
    expect(JSON.parse(answer.text)).toEqual({ ok: expect.any(Boolean), n: expect.any(Number) })
  })

  it('says length where max_tokens cuts the text', async () => {
    const { finish_reason, tokens_generated } = await whole({ ...body, max_tokens: 3 })
    expect({ finish_reason, tokens_generated }).toEqual({ finish_reason: 'length', tokens_generated: 3 })
  })

  it('may be a choice, a regular expression, any object or nothing', async () => {
    const formats = [
      { format: { type: 'choice', choices: ['yes', 'no'] }, expected: /^(yes|no)$/ },
      { format: { type: 'regex', regex: '[A-Z]{3}-\\d{2}' }, expected: /^[A-Z]{3}-\d{2}$/ },
      { format: { type: 'json_object' }, expected: /^\{/ },
      { format: { type: 'text' }, expected: /./s },
    ]
    for (const { format, expected } of formats) {
      expect((await whole({ ...body, response_format: format })).text).toMatch(expected)
    }
  })

  it('is named in the OpenAPI document', async () => {
    const document = await (await fetch(`${service.url}/openapi.json`)).text()
    for (const type of ['json_schema', 'json_object', 'regex', 'choice'])
      expect(document).toContain(`"const":"${type}"`)
  })
})
