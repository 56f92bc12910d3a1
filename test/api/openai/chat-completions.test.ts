import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { z } from 'zod'
import type { chatChunkSchema } from '../../../src/api/openai/wire-schemas.ts'
import { jobSchema } from '../../../src/api/wire-schemas.ts'
import { type RunningService, startService } from '../running-service.ts'
import { readStream } from '../sse-client.ts'
import { dataOf, errorOf, openAiClient } from './openai-client.ts'

let service: RunningService
let client: ReturnType<typeof openAiClient>
beforeAll(async () => {
  service = await startService({ slots: 4, stepsPerSecond: 200, env: { DISCONNECT_GRACE_MS: '600000' } })
  client = openAiClient(service)
})
afterAll(() => service.stop())

const messages = [{ role: 'user', content: 'Once upon a time' }]
const request = { model: 'scripted', messages, max_tokens: 20, seed: 5, ignore_eos: true }

type Chunk = z.infer<typeof chatChunkSchema>
const choicesOf = (chunks: Chunk[], index: number) =>
  chunks.flatMap(({ choices }) => choices.filter((choice) => choice.index === index))
const textOf = (chunks: Chunk[], index = 0) =>
  choicesOf(chunks, index)
    .map(({ delta }) => delta.content ?? '')
    .join('')
const textAnswered = async (body: object) => (await client.chat(body)).choices[0]!.message.content!
const stateOf = async ({ url }: RunningService, job: string | null) =>
  jobSchema.parse(await (await fetch(`${url}/jobs/${job}`)).json()).state

describe('a chat completion', () => {
  it('streams role, text, finish_reason and [DONE], under one id', async () => {
    const { response, chunks } = await client.chatChunks(request)
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    const job = response.headers.get('x-job-id')!
    expect(new Set(chunks.map(({ id }) => id))).toEqual(new Set([`chatcmpl-${job.replace('job_', '')}`]))
    expect(new Set(chunks.map(({ created }) => created)).size).toBe(1)
    const choices = choicesOf(chunks, 0)
    expect(choices[0]?.delta).toEqual({ role: 'assistant', content: '' })
    expect(choices.at(-1)).toMatchObject({ delta: {}, finish_reason: 'length' })
    expect(choices.filter((choice) => choice.finish_reason !== null)).toHaveLength(1)
    expect(choices.slice(1).every(({ delta }) => delta.content !== '')).toBe(true)
    expect(chunks.every((chunk) => !('usage' in chunk))).toBe(true)
  })

  it('gives the same text whole as streamed', async () => {
    const { chunks } = await client.chatChunks(request)
    const { choices, usage } = await client.chat(request)
    expect(choices[0]?.message).toEqual({ role: 'assistant', content: textOf(chunks), refusal: null })
    expect(usage).toMatchObject({ completion_tokens: 20, total_tokens: usage.prompt_tokens + 20 })
  })

  it('reports usage in a last chunk without choices where asked to', async () => {
    const { chunks } = await client.chatChunks({ ...request, stream_options: { include_usage: true } })
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 20 } })
    expect(chunks.slice(0, -1).every(({ usage }) => usage === null)).toBe(true)
  })

  it('answers n times, each with its own draws, and counts the prompt once', async () => {
    const body = { ...request, n: 3, stream_options: { include_usage: true } }
    const { chunks } = await client.chatChunks(body)
    const { choices, usage } = await client.chat(body)
    const texts = choices.map(({ message }) => message.content)
    expect(texts).toEqual([0, 1, 2].map((index) => textOf(chunks, index)))
    expect(new Set(texts).size).toBe(3)
    const alone = await client.chat(request)
    expect(texts[0]).toBe(alone.choices[0]?.message.content)
    expect(usage).toMatchObject({ prompt_tokens: alone.usage.prompt_tokens, completion_tokens: 60 })
    expect(chunks.at(-1)?.usage).toMatchObject({ completion_tokens: 60 })
  })

  it('answers as often as is allowed, without a word of a leak', async () => {
    const warnings: Error[] = []
    const warned = (warning: Error) => warnings.push(warning)
    process.on('warning', warned)
    const answer = await client.post('chat', { ...request, max_tokens: 2, n: 16 })
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('"index":15')])
    await new Promise(setImmediate)
    process.off('warning', warned)
    expect(warnings).toEqual([])
  })

  it('reports logprobs of every token, streamed and whole alike', async () => {
    const body = { ...request, logprobs: true, top_logprobs: 2 }
    const content = (await client.chat(body)).choices[0]?.logprobs?.content
    expect(content).toHaveLength(20)
    expect(content?.[0]?.top_logprobs).toHaveLength(2)
    for (const { token, bytes } of content ?? []) {
      if (!token.startsWith('bytes:')) expect(Buffer.from(bytes).toString()).toBe(token)
    }
    const { chunks } = await client.chatChunks(body)
    expect(choicesOf(chunks, 0).flatMap(({ logprobs }) => logprobs?.content ?? [])).toEqual(content)
  })

  it('ends at a stop string, which is no part of it', async () => {
    const text = await textAnswered(request)
    const stop = text.slice(8, 12)
    const { choices } = await client.chat({ ...request, stop })
    const content = text.slice(0, text.indexOf(stop))
    expect(choices[0]).toMatchObject({ finish_reason: 'stop', message: { content } })
  })

  it('reads contents that are lists of texts, null fields and fields that it does not know', async () => {
    const content = ['Once upon ', 'a time'].map((text) => ({ type: 'text', text }))
    const others = {
      stop: null,
      tools: null,
      logit_bias: {},
      metadata: { a: 1 },
      messages: [{ role: 'user', content }],
    }
    expect(await textAnswered({ ...request, ...others })).toBe(await textAnswered(request))
  })

  it('has room for all of the context where max_tokens is missing', async () => {
    const { max_tokens: _, ...body } = request
    const { usage, choices } = await client.chat(body)
    expect([usage.total_tokens, choices[0]?.finish_reason]).toEqual([512, 'length'])
  })

  it('goes on without the client where it was asked to, and can be read as a job', async () => {
    const leaving = new AbortController()
    const body = { ...request, max_tokens: 100, on_disconnect: 'continue', stream: true }
    const response = await client.post('chat', body, { signal: leaving.signal })
    leaving.abort()
    const events = await (await fetch(`${service.url}/jobs/${response.headers.get('x-job-id')}/stream`)).text()
    expect(events).toContain('"tokens_generated":100')
  })
})

describe('a chat completion that would go on for long', () => {
  let slow: RunningService
  beforeAll(async () => {
    // A grace that no test outlives: what stops at once does not stop because nobody reads it.
    slow = await startService({ slots: 4, stepsPerSecond: 5, env: { DISCONNECT_GRACE_MS: '600000' } })
  })
  afterAll(() => slow.stop())

  it('says in the stream that a job was stopped', async () => {
    const response = await openAiClient(slow).post('chat', { ...request, max_tokens: 400, stream: true })
    await fetch(`${slow.url}/jobs/${response.headers.get('x-job-id')}`, { method: 'DELETE' })
    expect(JSON.parse((await dataOf(response)).at(-1)!)).toMatchObject({ error: { code: 'cancelled' } })
  })

  it('stops its jobs at once when the client leaves', async () => {
    const leaving = new AbortController()
    const body = { ...request, max_tokens: 400, n: 2, stream: true }
    const response = await openAiClient(slow).post('chat', body, { signal: leaving.signal })
    const jobs = response.headers.get('x-job-id')!.split(',')
    expect(jobs).toHaveLength(2)
    leaving.abort()
    for (const job of jobs) await expect.poll(() => stateOf(slow, job), { timeout: 20_000 }).toBe('cancelled')
  })

  it('goes on where the client leaves and a reader at another API stays', async () => {
    const other = await slow.startApi()
    const leaving = new AbortController()
    const body = { ...request, max_tokens: 20, stream: true }
    const response = await openAiClient(slow).post('chat', body, { signal: leaving.signal })
    const reading = await fetch(`http://127.0.0.1:${other.ports[0]}/jobs/${response.headers.get('x-job-id')}/stream`)
    leaving.abort()
    const { end } = await readStream(reading)
    expect(end).toMatchObject({ type: 'done', data: { finish_reason: 'length', tokens_generated: 20 } })
  })
})

describe('a refusal under /v1', () => {
  it('has the form of OpenAI and names the field', async () => {
    const image = [{ type: 'image_url', image_url: { url: 'data:,' } }]
    const cases: [change: object, param: string, code?: string][] = [
      [{ temperature: 3 }, 'temperature'],
      [{ messages: [{ role: 'user', content: image }] }, 'messages[0].content[0]'],
      [{ messages: [{ role: 'nobody', content: '' }] }, 'messages[0].role'],
      [{ messages: [] }, 'messages'],
      [{ model: 'gpt-9' }, 'model', 'model_not_found'],
      [{ max_tokens: 9999 }, 'max_tokens', 'context_length_exceeded'],
      [{ max_completion_tokens: 9999 }, 'max_completion_tokens', 'context_length_exceeded'],
      [{ messages: [{ role: 'user', content: 'word '.repeat(600) }] }, 'messages', 'context_length_exceeded'],
      [{ logit_bias: { 5: 1 } }, 'logit_bias'],
      [{ n: 99 }, 'n'],
      [{ response_format: { type: 'xml' } }, 'response_format.type'],
      [{ response_format: { type: 'json_object' } }, 'ignore_eos'],
      [{ tool_choice: 'required' }, 'tool_choice'],
      [{ functions: [{ name: 'f' }] }, 'functions'],
      [{ modalities: ['text', 'audio'] }, 'modalities'],
      [{ top_logprobs: 2 }, 'top_logprobs'],
    ]
    for (const [change, param, code = 'invalid_request'] of cases) {
      const error = await errorOf(await client.post('chat', { ...request, ...change }))
      const status = param === 'model' ? 404 : 400
      expect(error, JSON.stringify(change)).toMatchObject({ status, param, type: 'invalid_request_error', code })
    }
  })

  it('has that form whatever is wrong', async () => {
    const get = await fetch(`${service.url}/v1/chat/completions`)
    expect(get.headers.get('allow')).toBe('POST')
    expect(await errorOf(get)).toMatchObject({ status: 405, code: 'method_not_allowed' })
    expect(await errorOf(await fetch(`${service.url}/v1/nothing`))).toMatchObject({ status: 404, code: 'not_found' })
    expect(await errorOf(await client.post('chat', '{'))).toMatchObject({ status: 400, code: 'malformed' })
    const xml = await client.post('chat', 'x', { headers: { 'content-type': 'text/xml' } })
    expect(await errorOf(xml)).toMatchObject({ status: 415, param: 'Content-Type' })
    const large = await client.post('chat', { ...request, user: 'x'.repeat(3_000_000) })
    expect(await errorOf(large)).toMatchObject({ status: 413, code: 'body_too_large' })
  })
})
