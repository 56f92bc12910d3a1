import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { modelListSchema, modelSchema } from '../../../src/api/openai/wire-schemas.ts'
import { embeddedTokenizer } from '../../tokenizer/embedded-tokenizer.ts'
import { type RunningService, startService } from '../running-service.ts'
import { errorOf, openAiClient } from './openai-client.ts'

let service: RunningService
let client: ReturnType<typeof openAiClient>
beforeAll(async () => {
  service = await startService({ slots: 4, env: { QUEUE_MAX_JOBS: '4' } })
  client = openAiClient(service)
})
afterAll(() => service.stop())

const prompt = 'Once upon a time'
const request = { prompt, max_tokens: 20, seed: 5, ignore_eos: true }

describe('a completion', () => {
  it('gives the same text whole as streamed', async () => {
    const { chunks } = await client.completeChunks({ ...request, stream_options: { include_usage: true } })
    const { choices, usage } = await client.complete(request)
    expect(chunks.flatMap((chunk) => chunk.choices.map(({ text }) => text)).join('')).toBe(choices[0]?.text)
    expect(choices[0]).toMatchObject({ index: 0, logprobs: null, finish_reason: 'length' })
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('length')
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 20 } })
    expect(usage.completion_tokens).toBe(20)
  })

  it('answers several prompts, n times each, in their order', async () => {
    const other = 'The end'
    const { choices, usage } = await client.complete({ ...request, prompt: [prompt, other], n: 2 })
    const alone = await Promise.all([prompt, other].map((one) => client.complete({ ...request, prompt: one })))
    expect(choices.map(({ index }) => index)).toEqual([0, 1, 2, 3])
    expect([choices[0]?.text, choices[2]?.text]).toEqual(alone.map((answer) => answer.choices[0]?.text))
    const prompts = alone.reduce((sum, answer) => sum + answer.usage.prompt_tokens, 0)
    expect(usage).toMatchObject({ prompt_tokens: prompts, completion_tokens: 80 })
  })

  it('takes token ids as the prompt, and counts them', async () => {
    const ids = embeddedTokenizer.encode(prompt)
    const { choices, usage } = await client.complete({ ...request, prompt: ids })
    expect(usage.prompt_tokens).toBe(ids.length)
    expect(choices[0]?.text).toBe((await client.complete(request)).choices[0]?.text)
    const twice = await client.complete({ ...request, prompt: [ids, ids] })
    expect(twice.choices.map(({ text }) => text)).toEqual([choices[0]?.text, choices[0]?.text])
    const beyond = await errorOf(await client.post('text', { ...request, prompt: [1, 999_999] }))
    expect(beyond).toMatchObject({ status: 400, param: 'prompt[1]' })
  })

  it('reports logprobs with the place of every token', async () => {
    const { choices } = await client.complete({ ...request, logprobs: 2 })
    const { tokens, token_logprobs, top_logprobs, text_offset } = choices[0]!.logprobs!
    expect([tokens.length, token_logprobs.length, text_offset.length]).toEqual([20, 20, 20])
    expect(top_logprobs.every((top) => Object.keys(top).length === 2)).toBe(true)
    expect(text_offset[0]).toBe(0)
    const { chunks } = await client.completeChunks({ ...request, logprobs: 2 })
    expect(chunks.flatMap((chunk) => chunk.choices[0]?.logprobs?.tokens ?? [])).toEqual(tokens)
  })

  it('has 16 tokens where max_tokens is missing', async () => {
    const { max_tokens: _, ...body } = request
    expect((await client.complete(body)).usage.completion_tokens).toBe(16)
  })

  it('keeps a response_format', async () => {
    const schema = { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] }
    const format = { type: 'json_schema', json_schema: { name: 'a', strict: true, schema, description: 'x' } }
    const { choices } = await client.complete({ ...request, max_tokens: 60, response_format: format })
    expect(JSON.parse(choices[0]!.text)).toEqual({ ok: expect.any(Boolean) })
  })

  it('admits all of its jobs or none', async () => {
    const error = await client.post('text', { ...request, n: 5 })
    expect(error.headers.get('retry-after')).toMatch(/^[1-9]/)
    expect(await errorOf(error)).toMatchObject({ status: 429, type: 'rate_limit_error', code: 'queue_full' })
    await expect
      .poll(async () => (await client.post('text', { ...request, n: 4 })).status, { timeout: 20_000 })
      .toBe(200)
  })

  it('refuses what it can not do', async () => {
    const cases: [change: object, param: string][] = [
      [{ echo: true }, 'echo'],
      [{ suffix: 'x' }, 'suffix'],
      [{ best_of: 2 }, 'best_of'],
      [{ prompt: ['a', 'b', 'c'], n: 9 }, 'n'],
      [{ prompt: {} }, 'prompt'],
      [{ prompt: '' }, 'prompt'],
      [{ prompt: [] }, 'prompt'],
      [{ prompt: [[]] }, 'prompt[0]'],
      [{ logprobs: 6 }, 'logprobs'],
    ]
    for (const [change, param] of cases) {
      const error = await errorOf(await client.post('text', { ...request, ...change }))
      expect(error, JSON.stringify(change)).toMatchObject({ status: 400, param })
    }
  })
})

describe('/v1/models', () => {
  it('lists the model that is served, and knows no other', async () => {
    const { data } = modelListSchema.parse(await (await fetch(`${service.url}/v1/models`)).json())
    expect(data).toMatchObject([{ id: 'scripted', max_model_len: 512 }])
    // Azure's clients send a version with everything.
    const one = await fetch(`${service.url}/v1/models/scripted?api-version=2024-10-21`)
    expect(modelSchema.parse(await one.json())).toEqual(data[0])
    const other = await errorOf(await fetch(`${service.url}/v1/models/org/other`))
    expect(other).toMatchObject({ status: 404, code: 'model_not_found', param: 'model' })
  })
})
