import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, expectTypeOf, it } from 'vitest'
import type { z } from 'zod'
import type {
  acceptedSchema,
  analyzeResultSchema,
  generateResultSchema,
  jobSchema,
  stoppedSchema,
} from '../../src/api/wire-schemas.ts'
import {
  type AnalyzeRequest,
  type AnalyzeResult,
  type Client,
  createClient,
  type GenerateRequest,
  type GenerateResult,
  type Job,
  type JobEvent,
  type Stopped,
  WorkflowError,
} from '../../src/client/client.ts'
import type { analyzeRequestSchema, generateRequestSchema } from '../../src/stream/request.ts'
import { type RunningService, startService } from '../api/running-service.ts'
import { type CuttingProxy, startCuttingProxy } from './cutting-proxy.ts'

let service: RunningService
let proxy: CuttingProxy
let client: Client
beforeAll(async () => {
  service = await startService({ slots: 4, stepsPerSecond: 40, env: { DISCONNECT_GRACE_MS: '2000' } })
})
afterAll(() => service.stop())
beforeEach(async () => {
  proxy = await startCuttingProxy(service.url)
  client = createClient(`${proxy.url}/`, { firstRetryMs: 20 })
})
afterEach(() => proxy.close())

const request = { prompt: 'Once upon a time', max_tokens: 60, seed: 5, ignore_eos: true }

async function collect<Event extends JobEvent>(stream: AsyncIterable<Event>) {
  const events: Event[] = []
  for await (const event of stream) events.push(event)
  const text = events.map((event) => (event.type === 'token' ? event.token : '')).join('')
  const logged = events.flatMap(({ seq }) => (seq === null ? [] : [seq]))
  return { events, text, logged, end: events.at(-1) }
}

describe('the client', () => {
  it('generates, whole and streamed alike', async () => {
    const whole = await client.generate(request)
    const stream = client.generateStream(request)
    const { events, text, end } = await collect(stream)
    expect(text).toBe(whole.text)
    expect(events[0]).toMatchObject({ type: 'queued', seq: 0, id: stream.id })
    expect(end).toMatchObject({ type: 'done', tokens_generated: 60, finish_reason: 'length', seed: 5 })
  })

  it('goes on behind the last event where the connection breaks, again and again', async () => {
    const { text } = await client.generate(request)
    proxy.cut(4, 1500)
    const streamed = await collect(client.generateStream(request))
    expect(streamed.text).toBe(text)
    expect(streamed.logged).toEqual(streamed.logged.map((_, index) => index))
    expect(proxy.connections()).toBeGreaterThanOrEqual(5)
  })

  it('starts one job though the answer to the request was lost', async () => {
    const before = (await jobIds()).length
    proxy.cut(1, 0)
    expect((await client.generate(request)).tokens_generated).toBe(60)
    proxy.cut(1, 0)
    expect((await collect(client.generateStream(request))).end?.type).toBe('done')
    expect((await jobIds()).length).toBe(before + 2)
  })

  it('gives up where the connection breaks too often in a row', async () => {
    const impatient = createClient(proxy.url, { firstRetryMs: 1, maxRetries: 2 })
    proxy.cut(100, 0)
    await expect(collect(impatient.generateStream(request))).rejects.toThrow(TypeError)
    expect(proxy.connections()).toBe(3)
  })

  it('follows a job from any place, and ends at once where there is nothing left', async () => {
    const { id } = await client.jobs.create({ kind: 'generate', ...request })
    const all = await collect(client.jobs.follow(id))
    const rest = await collect(client.jobs.follow(id, { after: 30 }))
    expect(rest.logged).toEqual(all.logged.filter((seq) => seq > 30))
    expect((await collect(client.jobs.follow(id, { after: all.logged.at(-1)! }))).events).toEqual([])
    expect(await client.jobs.get(id)).toMatchObject({ id, state: 'completed', result: { text: all.text } })
  })

  it('stops a job, whose stream then ends', async () => {
    const stream = client.generateStream({ ...request, max_tokens: 400 })
    let end: JobEvent | undefined
    for await (const event of stream) {
      if (event.type === 'token' && event.seq === 5) await stream.stop()
      end = event
    }
    expect(end).toMatchObject({ type: 'done', finish_reason: 'cancelled' })
    expect(await client.jobs.stop(stream.id!)).toMatchObject({ state: 'cancelled' })
  })

  it('leaves when its signal aborts, and the job stops', async () => {
    const leaving = new AbortController()
    const stream = client.generateStream({ ...request, max_tokens: 400 }, { signal: leaving.signal })
    const read = async () => {
      for await (const { seq } of stream) if (seq === 5) leaving.abort(new Error('enough'))
    }
    await expect(read()).rejects.toThrow('enough')
    const state = async () => (await client.jobs.get(stream.id!)).state
    await expect.poll(state, { timeout: 10_000 }).toBe('cancelled')
  })

  it('analyses a log, whole and streamed alike', async () => {
    const body = {
      log_content: 'src/app.ts(3,7): error TS2322: Type string is not number.\nnpm ERR! code 1',
      seed: 1,
      max_tokens: 20,
    }
    const whole = await client.analyze(body)
    const { events, end } = await collect(client.analyzeStream(body))
    expect(events.some((event) => event.type === 'stage')).toBe(true)
    expect(end?.type === 'done' && end.full_text).toBe(whole.full_text)
    expect(whole.analysis?.root_cause?.evidence.length).toBeGreaterThan(0)
  })

  it('throws what the service says, at once where another try is no use', async () => {
    const wrong = client.generate({ prompt: 'a', top_p: 7 })
    await expect(wrong).rejects.toBeInstanceOf(WorkflowError)
    await expect(wrong).rejects.toMatchObject({ code: 'invalid_request', status: 422, field: 'top_p' })
    await expect(client.jobs.get('job_unknown')).rejects.toMatchObject({ code: 'not_found' })
    await expect(collect(client.jobs.follow('job_unknown'))).rejects.toMatchObject({ code: 'not_found' })
    expect(proxy.connections()).toBeLessThanOrEqual(3)
  })

  it('waits as long as the service asks to where it is busy', async () => {
    let refusals = 0
    const busy = createClient(service.url, {
      fetch: async (url, init) =>
        refusals++ === 0 ? new Response('{}', { status: 429, headers: { 'retry-after': '0' } }) : fetch(url, init),
    })
    expect((await busy.generate({ ...request, max_tokens: 2 })).tokens_generated).toBe(2)
    expect(refusals).toBe(2)
  })

  it('sends the key', async () => {
    const sent: (string | null)[] = []
    const withKey = createClient(service.url, {
      ...{ apiKey: 'wf_1' },
      fetch: (url, init) => {
        sent.push(new Headers(init?.headers).get('authorization'))
        return fetch(url, init)
      },
    })
    await withKey.generate({ ...request, max_tokens: 1 })
    expect(sent).toEqual(['Bearer wf_1'])
  })

  it('has the types of the service', () => {
    expectTypeOf<GenerateRequest>().toExtend<z.input<typeof generateRequestSchema>>()
    expectTypeOf<AnalyzeRequest>().toExtend<z.input<typeof analyzeRequestSchema>>()
    expectTypeOf<z.infer<typeof generateResultSchema>>().toExtend<GenerateResult>()
    expectTypeOf<z.infer<typeof analyzeResultSchema>>().toExtend<AnalyzeResult>()
    expectTypeOf<z.infer<typeof jobSchema>>().toExtend<Job>()
    expectTypeOf<z.infer<typeof stoppedSchema>>().toExtend<Stopped>()
    expectTypeOf<z.infer<typeof acceptedSchema>>().toEqualTypeOf<Awaited<ReturnType<Client['jobs']['create']>>>()
  })
})

async function jobIds(): Promise<string[]> {
  const { jobs } = (await (await fetch(`${service.url}/jobs`)).json()) as { jobs: { id: string }[] }
  return jobs.map(({ id }) => id)
}
