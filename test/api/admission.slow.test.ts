import { afterEach, describe, expect, it, vi } from 'vitest'
import { jobSchema } from '../../src/api/wire-schemas.ts'
import { keysOf } from '../../src/stream/keys.ts'
import { generateRequestSchema } from '../../src/stream/request.ts'
import { openStack } from '../stream/stack.ts'
import { type RunningService, type ServiceOptions, startService } from './running-service.ts'
import { followStream, post, readStream, watchStream } from './sse-client.ts'

let service: RunningService
afterEach(() => service.stop())

const start = async (options: ServiceOptions) => {
  service = await startService(options)
}
const long = { prompt: 'A story', max_tokens: 100, ignore_eos: true }
/** Runs until it is stopped: four minutes and more at two steps a second. */
const endless = { ...long, max_tokens: 500 }
const endlessly = { slots: 1, stepsPerSecond: 2 }

const idOf = (response: Response) => response.headers.get('x-job-id')
const stop = (id: string | null) => fetch(`${service.url}/jobs/${id}`, { method: 'DELETE' })
const untilActive = (id: string | null) =>
  vi.waitFor(async () => {
    const { state } = jobSchema.parse(await (await fetch(`${service.url}/jobs/${id}`)).json())
    expect(state).toBe('active')
  }, 20_000)

describe('admission', () => {
  it('answers what is over the bound with 429 and Retry-After, and takes it when there is room', async () => {
    await start({ ...endlessly, env: { QUEUE_MAX_JOBS: '2' } })
    const accepted = await Promise.all([1, 2].map(() => post(`${service.url}/generate/stream`, endless)))
    const refused = await post(`${service.url}/generate/stream`, long)
    expect(refused.status).toBe(429)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    expect(await refused.json()).toMatchObject({ error: { code: 'queue_full' } })
    for (const response of accepted) await stop(idOf(response))
    for (const { end } of await Promise.all(accepted.map(readStream))) expect(end?.type).toBe('done')
    expect((await post(`${service.url}/generate`, { ...long, max_tokens: 2 })).status).toBe(200)
  })

  it('bounds the prompt tokens too', async () => {
    await start({ ...endlessly, env: { QUEUE_MAX_TOKENS: '50' } })
    const first = await post(`${service.url}/generate/stream`, {
      ...endless,
      prompt: 'word '.repeat(60),
      max_tokens: 400,
    })
    const refused = await post(`${service.url}/generate/stream`, long)
    expect(refused.status).toBe(429)
    await stop(idOf(first))
    expect((await readStream(first)).end?.type).toBe('done')
    expect((await post(`${service.url}/generate`, { ...long, max_tokens: 2 })).status).toBe(200)
  })

  it('tells those who wait their place and when they may expect to begin, without an id', async () => {
    await start(endlessly)
    const responses = []
    for (let i = 0; i < 4; i++) {
      responses.push(await post(`${service.url}/generate/stream`, endless))
      if (i === 0) await untilActive(idOf(responses[0]!))
    }
    const { events, ended } = watchStream(responses[3]!)
    const others = responses.slice(0, 3).map(readStream)
    const queued = () => events.filter(({ type }) => type === 'queued')
    for (const [before, response] of responses.slice(0, 3).entries()) {
      await vi.waitFor(() => expect(queued()).toHaveLength(before + 1), 20_000)
      await stop(idOf(response))
    }
    await untilActive(idOf(responses[3]!))
    await stop(idOf(responses[3]!))
    await Promise.all([ended, ...others])
    expect(queued().map(({ data }) => data.position)).toEqual([3, 2, 1])
    expect(queued().map(({ id }) => id)).toEqual([0, null, null])
    expect(Number(queued()[0]?.data.eta_ms)).toBeGreaterThan(Number(queued()[2]?.data.eta_ms))
  })

  it('lets a job be stopped while it waits, and never runs it', async () => {
    await start(endlessly)
    const first = await post(`${service.url}/generate/stream`, endless)
    await untilActive(idOf(first))
    const second = await post(`${service.url}/generate/stream`, long)
    const stopped = await stop(idOf(second))
    expect(await stopped.json()).toMatchObject({ state: 'cancelled', finish_reason: 'cancelled' })
    const { events } = await readStream(second)
    expect(events.map(({ type }) => type)).toEqual(['queued', 'done'])
    await stop(idOf(first))
    await readStream(first)
  })

  it('refuses with 503 and Retry-After while no worker can serve, and says so in /ready', async () => {
    await start({ workers: 0 })
    for (const path of ['/ready', '/generate']) {
      const answer = await (path === '/ready' ? fetch(service.url + path) : post(service.url + path, long))
      expect(answer.status).toBe(503)
      expect(answer.headers.get('retry-after')).not.toBeNull()
    }
    await service.startWorker()
    await expect.poll(async () => (await fetch(`${service.url}/ready`)).status, { timeout: 20_000 }).toBe(200)
    expect((await post(`${service.url}/generate`, { ...long, max_tokens: 2 })).status).toBe(200)
  })

  it('ends a job that is past its deadline with an error event', async () => {
    await start({ slots: 1, stepsPerSecond: 50 })
    const response = await post(`${service.url}/generate/stream`, { ...long, max_tokens: 500, deadline_ms: 3000 })
    const events = []
    for await (const event of followStream(response)) events.push(event)
    expect(events.at(-1)).toMatchObject({ type: 'error', data: { code: 'deadline_exceeded' } })
    expect(events.length).toBeGreaterThan(10)
  })

  it('answers 503 while Redis is away, exits nowhere, and serves again when it is back', async () => {
    await start({ slots: 2, stepsPerSecond: 100 })
    await service.redis.kill()
    const away = await post(`${service.url}/generate`, long)
    expect(away.status).toBe(503)
    expect((await fetch(`${service.url}/health`)).status).toBe(200)
    await service.redis.restart()
    await expect
      .poll(async () => (await post(`${service.url}/generate`, { ...long, max_tokens: 2 })).status, { timeout: 30_000 })
      .toBe(200)
  })
})

describe('a job that was admitted but never came into line', () => {
  it('is put there by a worker, and runs', async () => {
    await start({ slots: 1, stepsPerSecond: 100 })
    const stack = await openStack(service.redis.url)
    const request = generateRequestSchema.parse(long)
    // What an API leaves that dies between admitting a job and adding it to the queue.
    const payload = { kind: 'generate', request: { ...request, stop: [], seed: 1, max_tokens: 5 } }
    const id = await stack.job({ payload })
    const { end } = await readStream(await fetch(`${service.url}/jobs/${id}/stream`))
    await stack.close()
    expect(end).toMatchObject({ type: 'done', data: { tokens_generated: 5 } })
  })
})

describe('a job whose data in BullMQ was damaged while it waited', () => {
  it('is put in line again, and runs', async () => {
    await start({ slots: 1, stepsPerSecond: 10 })
    const stack = await openStack(service.redis.url)
    const first = await post(`${service.url}/generate/stream`, endless)
    await untilActive(idOf(first))
    const short = { ...long, max_tokens: 10 }
    const others = await Promise.all([1, 2].map(() => post(`${service.url}/generate/stream`, short)))
    const [unlined, mistyped] = others.map(idOf)
    const bull = `${keysOf().prefix}:queue`
    // One is in no list, of the other everything is something else.
    expect(await stack.redis.zrem(`${bull}:prioritized`, unlined!, mistyped!)).toBe(2)
    expect(await stack.redis.del(`${bull}:${mistyped}`)).toBe(1)
    await stack.redis.set(`${bull}:${mistyped}`, 'nonsense')
    await stop(idOf(first))
    expect((await readStream(first)).end).toMatchObject({ type: 'done', data: { finish_reason: 'cancelled' } })
    for (const response of others) {
      expect((await readStream(response)).end).toMatchObject({ type: 'done', data: { tokens_generated: 10 } })
    }
    await stack.close()
  })
})

describe('an Idempotency-Key', () => {
  it('is free again when its job has expired', async () => {
    await start({ slots: 4, env: { STREAM_TTL_MS: '5000' } })
    const send = (max_tokens: number) =>
      post(`${service.url}/generate`, { ...long, max_tokens }, { headers: { 'idempotency-key': 'again' } })
    const first = await send(3)
    expect(first.status).toBe(200)
    const look = async () => (await fetch(`${service.url}/jobs/${idOf(first)}`)).status
    await vi.waitFor(async () => expect(await look()).toBe(404), { timeout: 20_000, interval: 200 })
    const answers = await Promise.all(Array.from({ length: 10 }, () => send(4)))
    expect(new Set(answers.map((answer) => answer.headers.get('x-job-id'))).size).toBe(1)
    expect(answers.every(({ status }) => status === 200)).toBe(true)
  })

  it('gives a job that failed again as it failed, and runs it no second time', async () => {
    await start({ slots: 1, stepsPerSecond: 50 })
    const send = () =>
      post(
        `${service.url}/generate`,
        { ...long, max_tokens: 400, deadline_ms: 1000 },
        { headers: { 'idempotency-key': 'late' } },
      )
    const [first, beside] = await Promise.all([send(), send()])
    const later = await send()
    for (const answer of [first, beside, later]) {
      expect(answer.status).toBe(504)
      expect(answer.headers.get('x-job-id')).toBe(first.headers.get('x-job-id'))
      expect(await answer.json()).toMatchObject({ error: { code: 'deadline_exceeded' } })
    }
  })
})
