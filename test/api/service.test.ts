import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  acceptedSchema,
  generateResultSchema,
  healthSchema,
  jobSchema,
  stoppedSchema,
} from '../../src/api/wire-schemas.ts'
import { type RunningService, type ServiceOptions, startService } from './running-service.ts'
import { followStream, post, readStream, streamOf, textOf } from './sse-client.ts'

const openApiSchema = z.object({
  openapi: z.string(),
  paths: z.record(z.string(), z.unknown()),
  components: z.object({
    schemas: z.record(z.string(), z.looseObject({ properties: z.record(z.string(), z.unknown()).optional() })),
  }),
})

let service: RunningService

beforeAll(async () => {
  service = await startService({ slots: 4, stepsPerSecond: 100, eosEvery: 20 })
})
afterAll(() => service.stop())

/** What the service answers, checked against the schema it publishes. */
const parsed = async <Schema extends z.ZodType>(schema: Schema, response: Promise<Response> | Response) =>
  schema.parse(await (await response).json()) as z.infer<Schema>
const generate = (body: unknown) => parsed(generateResultSchema, post(`${service.url}/generate`, body))
const submit = (body: unknown) => parsed(acceptedSchema, post(`${service.url}/jobs`, body))
const job = (id: string | null) => parsed(jobSchema, fetch(`${service.url}/jobs/${id}`))
const stop = (id: string | null) => parsed(stoppedSchema, fetch(`${service.url}/jobs/${id}`, { method: 'DELETE' }))

describe('a generation', () => {
  const request = { prompt: 'Once upon a time', max_tokens: 20, seed: 5, ignore_eos: true }

  it('streams queued, one token event a token, and done, with ids that count up', async () => {
    const { response, events, text, end } = await streamOf(`${service.url}/generate/stream`, request)
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    expect(response.headers.get('cache-control')).toBe('no-cache, no-transform')
    expect(response.headers.get('x-accel-buffering')).toBe('no')
    expect(response.headers.get('x-job-id')).toMatch(/^job_/)
    expect(events[0]).toMatchObject({ type: 'queued', id: 0, data: { id: response.headers.get('x-job-id') } })
    const logged = events.filter(({ id }) => id !== null).map(({ id }) => id)
    expect(logged).toEqual(logged.map((_, index) => index))
    expect(events.filter(({ type }) => type === 'token').length).toBeGreaterThanOrEqual(20)
    expect(text.length).toBeGreaterThan(0)
    expect(end).toMatchObject({ type: 'done', data: { tokens_generated: 20, finish_reason: 'length', seed: 5 } })
  })

  it('gives the same text whole as streamed, for the same seed', async () => {
    const streamed = await streamOf(`${service.url}/generate/stream`, request)
    const whole = await generate(request)
    expect(whole.text).toBe(streamed.text)
    expect(whole).toMatchObject({ tokens_generated: 20, finish_reason: 'length', seed: 5, model: 'scripted' })
    expect(whole.usage.total_tokens).toBe(whole.usage.prompt_tokens + 20)
  })

  it('ends where the model ends it, whole and streamed alike', async () => {
    const open = { prompt: 'Once upon a time', max_tokens: 400, seed: 5 }
    const whole = await generate(open)
    expect(whole.finish_reason).toBe('stop')
    expect(whole.tokens_generated).toBeLessThan(400)
    const { text, end } = await streamOf(`${service.url}/generate/stream`, open)
    expect(text).toBe(whole.text)
    expect(end).toMatchObject({ data: { finish_reason: 'stop', tokens_generated: whole.tokens_generated } })
  })

  it('reports the seed it chose, and gives the same again with it', async () => {
    const first = await generate({ prompt: 'a', max_tokens: 8 })
    const again = await generate({ prompt: 'a', max_tokens: 8, seed: first.seed })
    expect(again.text).toBe(first.text)
  })

  it('reports logprobs where they were asked for', async () => {
    const body = { ...request, max_tokens: 3, logprobs: 2 }
    const whole = await generate(body)
    expect(whole.logprobs).toHaveLength(3)
    expect(whole.logprobs?.[0]).toMatchObject({ token: expect.any(String), id: expect.any(Number) })
    expect(whole.logprobs?.[0]?.top).toHaveLength(2)
    const { events } = await streamOf(`${service.url}/generate/stream`, body)
    expect(events.find(({ type }) => type === 'token')?.data).toMatchObject({ logprob: whole.logprobs?.[0]?.logprob })
  })

  it('delivers tokens as they come, not all at the end', async () => {
    const startedAt = performance.now()
    const response = await post(`${service.url}/generate/stream`, { ...request, max_tokens: 40 })
    const times: number[] = []
    for await (const { type, at } of followStream(response, startedAt)) if (type === 'token') times.push(at)
    // 40 steps at 100 a second: had they come at the end, the first would be there with the last.
    expect(times.at(-1)! - times[0]!).toBeGreaterThan(200)
  })

  it('is accepted as tutorials send it, with the content type that curl sets by itself', async () => {
    const response = await fetch(`${service.url}/generate`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: '{"prompt":"Hello","max_tokens":2}',
    })
    expect(response.status).toBe(200)
  })
})

describe('a job', () => {
  const body = { kind: 'generate', prompt: 'Once upon a time', max_tokens: 60, ignore_eos: true, seed: 1 }

  it('runs without a reader, and can be followed, resumed and read whole afterwards', async () => {
    const accepted = await post(`${service.url}/jobs`, body)
    expect(accepted.status).toBe(202)
    const { id, stream_url } = await parsed(acceptedSchema, accepted)
    expect(accepted.headers.get('location')).toBe(`/jobs/${id}`)
    const all = await readStream(await fetch(service.url + stream_url))
    const resumed = await readStream(await fetch(service.url + stream_url, { headers: { 'last-event-id': '10' } }))
    expect(resumed.events.map((event) => event.id)).toEqual(all.events.filter((e) => (e.id ?? 0) > 10).map((e) => e.id))
    expect(textOf(all.events.filter((event) => (event.id ?? 0) > 10))).toBe(resumed.text)
    const byQuery = await readStream(await fetch(`${service.url}${stream_url}?starting_after=10`))
    expect(byQuery.text).toBe(resumed.text)
    const finished = await job(id)
    expect(finished).toMatchObject({ id, kind: 'generate', state: 'completed', attempt: 1, result: { text: all.text } })
    expect(finished.worker).toMatchObject({ id: service.workers[0]?.id })
    const atItsEnd = await fetch(`${service.url}${stream_url}?starting_after=${all.end?.id}`)
    expect(atItsEnd.status).toBe(204)
  })

  it('shows the same events to many readers that come at different times', async () => {
    const { id } = await submit(body)
    const readers = await Promise.all(
      [0, 50, 150, 300].map(async (delay) => {
        await new Promise((resolve) => setTimeout(resolve, delay))
        return readStream(await fetch(`${service.url}/jobs/${id}/stream`))
      }),
    )
    const logged = readers.map(({ events }) => events.filter((event) => event.id !== null).map((event) => event.id))
    for (const ids of logged) expect(ids).toEqual(logged[0])
    for (const { text } of readers) expect(text).toBe(readers[0]?.text)
  })

  it('is served by another API process as well', async () => {
    const other = await service.startApi()
    const { id } = await submit(body)
    const [here, there] = await Promise.all(
      [service.url, `http://127.0.0.1:${other.ports[0]}`].map(async (url) =>
        readStream(await fetch(`${url}/jobs/${id}/stream`)),
      ),
    )
    expect(there?.text).toBe(here?.text)
    expect(there?.end?.type).toBe('done')
  })

  it('stops when asked to, for every reader, and again without harm', async () => {
    const response = await post(`${service.url}/generate/stream`, { ...body, kind: undefined, max_tokens: 300 })
    const id = response.headers.get('x-job-id')
    const events = []
    for await (const event of followStream(response)) {
      events.push(event)
      if (event.id === 5) expect(await stop(id)).toMatchObject({ state: 'cancelled' })
    }
    const end = events.at(-1)
    expect(end).toMatchObject({ type: 'done', data: { finish_reason: 'cancelled' } })
    expect(end?.data.tokens_generated).toBe(events.filter(({ type }) => type === 'token').length)
    expect(await stop(id)).toMatchObject({ id, finish_reason: 'cancelled' })
  })

  it('is listed, and so is the worker', async () => {
    const { jobs } = await parsed(z.object({ jobs: z.array(jobSchema) }), fetch(`${service.url}/jobs`))
    expect(jobs.length).toBeGreaterThan(0)
    expect(jobs[0]).toMatchObject({ id: expect.any(String), state: expect.any(String) })
    const workers = await (await fetch(`${service.url}/workers`)).json()
    expect(workers).toMatchObject({ workers: [{ slots: 4, model: 'scripted', ready: true }] })
  })
})

describe('an Idempotency-Key', () => {
  const body = { prompt: 'Once', max_tokens: 12, ignore_eos: true }
  const send = (key: string, path: string, overrides = {}) =>
    post(`${service.url}${path}`, { ...body, ...overrides }, { headers: { 'idempotency-key': key } })

  it('attaches the same request to the job it has started, streamed or whole, at once or after its end', async () => {
    const answers = await Promise.all([1, 2, 3].map(() => send('key-1', '/generate')))
    const later = await readStream(await send('key-1', '/generate/stream'))
    const ids = [...answers, later.response].map((response) => response.headers.get('x-job-id'))
    expect(new Set(ids).size).toBe(1)
    expect((await parsed(generateResultSchema, answers[0]!)).text).toBe(later.text)
  })

  it('is refused with another body', async () => {
    await send('key-2', '/generate')
    const answer = await send('key-2', '/generate', { max_tokens: 13 })
    expect(answer.status).toBe(409)
    expect(await answer.json()).toMatchObject({ error: { field: 'Idempotency-Key' } })
  })
})

describe('a client that leaves', () => {
  /** Begins a job at a service of its own, and leaves once it has been heard that it is there. */
  async function leaveJob(options: ServiceOptions, body: object): Promise<string> {
    left = await startService({ slots: 1, ...options })
    const leave = new AbortController()
    const request = { prompt: 'Hello', max_tokens: 400, ignore_eos: true, ...body }
    const response = await post(`${left.url}/generate/stream`, request, { signal: leave.signal })
    leave.abort()
    return String(response.headers.get('x-job-id'))
  }
  let left: RunningService
  afterEach(() => left.stop())
  const jobLeft = async (id: string) => jobSchema.parse(await (await fetch(`${left.url}/jobs/${id}`)).json())

  it('stops its job when nobody came back within the grace', async () => {
    // By itself it would end long after this test.
    const id = await leaveJob({ stepsPerSecond: 5 }, {})
    await expect.poll(async () => (await jobLeft(id)).state, { timeout: 25_000, interval: 200 }).toBe('cancelled')
    expect((await jobLeft(id)).usage.completion_tokens).toBeLessThan(400)
  })

  it('finds its job going on when it comes back in time', async () => {
    // The job lasts for longer than it would without readers.
    const id = await leaveJob({ stepsPerSecond: 50, env: { DISCONNECT_GRACE_MS: '3000' } }, {})
    await new Promise((resolve) => setTimeout(resolve, 500))
    const { end } = await readStream(await fetch(`${left.url}/jobs/${id}/stream`))
    expect(end).toMatchObject({ data: { finish_reason: 'length', tokens_generated: 400 } })
  })

  it('may ask for its job to go on without it', async () => {
    const id = await leaveJob({ stepsPerSecond: 100 }, { on_disconnect: 'continue' })
    await expect.poll(async () => (await jobLeft(id)).state, { timeout: 25_000, interval: 200 }).toBe('completed')
  })
})

describe('the service', () => {
  it('says how it is', async () => {
    expect(await parsed(healthSchema, fetch(`${service.url}/health`))).toMatchObject({
      status: 'ok',
      model: { name: 'scripted' },
      model_loaded: true,
      redis: 'up',
      workers: 1,
    })
    expect((await fetch(`${service.url}/ready`)).status).toBe(200)
    const metrics = await (await fetch(`${service.url}/metrics`)).text()
    expect(metrics).toMatch(/workflowai:stream_tokens_total [1-9]/)
    expect(metrics).toMatch(/workflowai:http_requests_total\{method="POST",route="\/generate",status="200"\} [1-9]/)
  })

  it('describes its routes in OpenAPI', async () => {
    const body = await parsed(openApiSchema, fetch(`${service.url}/openapi.json`))
    expect(body.openapi).toBe('3.1.0')
    expect(Object.keys(body.paths)).toContain('/workflows/analyze-log/stream')
    expect(body.components.schemas.GenerateRequest?.properties?.top_p).toMatchObject({ default: 0.9, maximum: 1 })
  })
})
