import OpenAI from 'openai'
import { zodResponseFormat } from 'openai/helpers/zod'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type RunningService, startService } from '../api/running-service.ts'
import { openTinyEmbeddings } from '../embedding/tiny-embeddings.ts'

let service: RunningService
let openai: OpenAI
beforeAll(async () => {
  service = await startService({
    ...{ slots: 4, maxContext: 1024, stepsPerSecond: 200, env: { QUEUE_MAX_JOBS: '2' } },
    embeddings: await openTinyEmbeddings(),
  })
  openai = new OpenAI({ baseURL: `${service.url}/v1`, apiKey: 'none', maxRetries: 0 })
})
afterAll(() => service.stop())

const messages = [{ role: 'user' as const, content: 'Once upon a time' }]
const request = { model: 'scripted', messages, max_tokens: 20, seed: 5 }
const stateOf = async (job: string | null) =>
  ((await (await fetch(`${service.url}/jobs/${job}`)).json()) as { state: string }).state

describe('the openai package', { timeout: 60_000 }, () => {
  it('answers whole and streamed alike, with usage', async () => {
    const whole = await openai.chat.completions.create(request)
    const stream = await openai.chat.completions.create({
      ...request,
      stream: true,
      stream_options: { include_usage: true },
    })
    let text = ''
    let usage: OpenAI.CompletionUsage | null | undefined
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? ''
      usage = chunk.usage ?? usage
    }
    expect(text).toBe(whole.choices[0]?.message.content)
    expect(usage?.completion_tokens).toBe(whole.usage?.completion_tokens)
    expect(usage?.completion_tokens).toBeGreaterThan(0)
  })

  it('completes texts, and lists models', async () => {
    const { choices } = await openai.completions.create({ model: 'scripted', prompt: 'Once', max_tokens: 5, n: 2 })
    expect(choices.map(({ index }) => index)).toEqual([0, 1])
    const models = await openai.models.list()
    expect(models.data.map(({ id }) => id)).toEqual(['scripted', 'tiny'])
    await expect(openai.models.retrieve('other')).rejects.toBeInstanceOf(OpenAI.NotFoundError)
  })

  it('embeds texts: in base64, which the package asks for by itself, and as numbers', async () => {
    const input = ['boiler', 'furnace', 'printer tray']
    const { data, usage } = await openai.embeddings.create({ model: 'tiny', input })
    expect(data.map(({ embedding }) => embedding.length)).toEqual([24, 24, 24])
    expect(usage).toEqual({ prompt_tokens: 10, total_tokens: 10 })
    const numbers = await openai.embeddings.create({ model: 'tiny', input, encoding_format: 'float' })
    for (const [i, { embedding }] of data.entries()) expect([...embedding]).toEqual(numbers.data[i]?.embedding)
    const long = openai.embeddings.create({ model: 'tiny', input: 'boiler '.repeat(40) })
    await expect(long).rejects.toMatchObject({ status: 400, code: 'context_length_exceeded', param: 'input' })
    const other = openai.embeddings.create({ model: 'text-embedding-3-small', input })
    await expect(other).rejects.toBeInstanceOf(OpenAI.NotFoundError)
  })

  it('parses an answer of a zod schema', async () => {
    const colour = z.object({ name: z.enum(['red', 'blue']), share: z.int().min(0).max(100) })
    const { choices } = await openai.chat.completions.parse({
      ...request,
      max_tokens: 80,
      response_format: zodResponseFormat(colour, 'colour'),
    })
    expect(colour.parse(choices[0]?.message.parsed)).toBeTruthy()
  })

  it('runs tools, and sends their results back', async () => {
    const called: unknown[] = []
    const tool = {
      type: 'function' as const,
      function: {
        name: 'double',
        description: 'Doubles a number',
        parameters: { type: 'object', properties: { n: { type: 'integer', minimum: 0, maximum: 9 } }, required: ['n'] },
        parse: JSON.parse,
        function: ({ n }: { n: number }) => {
          called.push(n)
          return String(n * 2)
        },
      },
    }
    const runner = openai.chat.completions.runTools(
      { ...request, max_tokens: 60, tools: [tool], tool_choice: { type: 'function', function: { name: 'double' } } },
      { maxChatCompletions: 1 },
    )
    await runner.done()
    expect(called).toEqual([expect.any(Number)])
    expect(runner.messages.at(-1)).toMatchObject({ role: 'tool', content: String((called[0] as number) * 2) })
    const after = await openai.chat.completions.create({ ...request, messages: runner.messages })
    expect(after.choices[0]?.message.content).toBeTruthy()
  })

  it('assembles a streamed tool call', async () => {
    const parameters = { type: 'object', properties: { city: { enum: ['Paris', 'Rome'] } }, required: ['city'] }
    const stream = openai.chat.completions.stream({
      ...request,
      max_tokens: 60,
      tools: [{ type: 'function', function: { name: 'weather', parameters } }],
      tool_choice: 'required',
      parallel_tool_calls: false,
    })
    const { choices } = await stream.finalChatCompletion()
    const call = choices[0]?.message.tool_calls?.[0]
    expect(choices[0]?.finish_reason).toBe('tool_calls')
    expect(call?.type === 'function' && JSON.parse(call.function.arguments)).toEqual({ city: expect.any(String) })
  })

  it('stops the job when the stream is aborted', async () => {
    const stream = await openai.chat.completions.create({ ...request, max_tokens: 900, stream: true }).withResponse()
    for await (const _ of stream.data) break
    const job = stream.response.headers.get('x-job-id')
    await expect.poll(() => stateOf(job), { timeout: 20_000 }).toBe('cancelled')
  })

  it('throws where a stream ends with an error', async () => {
    const { data, response } = await openai.chat.completions
      .create({ ...request, max_tokens: 900, stream: true })
      .withResponse()
    await fetch(`${service.url}/jobs/${response.headers.get('x-job-id')}`, { method: 'DELETE' })
    await expect(async () => {
      for await (const _ of data);
    }).rejects.toMatchObject({ code: 'cancelled' })
  })

  it('knows errors by their class, and what is wrong by its param', async () => {
    const wrong = openai.chat.completions.create({ ...request, temperature: 5 })
    await expect(wrong).rejects.toBeInstanceOf(OpenAI.BadRequestError)
    await expect(wrong).rejects.toMatchObject({ status: 400, param: 'temperature', requestID: expect.any(String) })
    const long = openai.chat.completions.create({ ...request, max_tokens: 5000 })
    await expect(long).rejects.toMatchObject({ code: 'context_length_exceeded' })
  })

  it('waits as long as Retry-After says when the queue is full, and then succeeds', async () => {
    const full = await openai.chat.completions.create({ ...request, max_tokens: 150, n: 2, stream: true })
    const delays: (string | null)[] = []
    const patient = new OpenAI({
      ...{ baseURL: `${service.url}/v1`, apiKey: 'none', maxRetries: 5 },
      fetch: async (url, init) => {
        const response = await fetch(url, init)
        if (response.status === 429) delays.push(response.headers.get('retry-after'))
        return response
      },
    })
    await expect(openai.chat.completions.create(request)).rejects.toBeInstanceOf(OpenAI.RateLimitError)
    const late = patient.chat.completions.create(request)
    for await (const _ of full);
    expect((await late).choices[0]?.message.content).toBeTruthy()
    expect(delays.length).toBeGreaterThan(0)
    for (const delay of delays) expect(Number(delay)).toBeGreaterThanOrEqual(1)
  })
})
