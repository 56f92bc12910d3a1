import { afterEach, describe, expect, it } from 'vitest'
import { keysOf } from '../../src/stream/keys.ts'
import { generateRequestSchema } from '../../src/stream/request.ts'
import { openStack } from '../stream/stack.ts'
import { type RunningService, type ServiceOptions, startService } from './running-service.ts'
import { followStream, post, readStream } from './sse-client.ts'

let service: RunningService
afterEach(() => service.stop())

const start = async (options: ServiceOptions) => {
  service = await startService(options)
}
const long = { prompt: 'A story', max_tokens: 100, ignore_eos: true }

describe('admission', () => {
  it('answers what is over the bound with 429 and Retry-After, and takes it when there is room', async () => {
    await start({ slots: 1, stepsPerSecond: 100, env: { QUEUE_MAX_JOBS: '2' } })
    const accepted = await Promise.all([1, 2].map(() => post(`${service.url}/generate/stream`, long)))
    const refused = await post(`${service.url}/generate/stream`, long)
    expect(refused.status).toBe(429)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    expect(await refused.json()).toMatchObject({ error: { code: 'queue_full' } })
    for (const { end } of await Promise.all(accepted.map(readStream))) expect(end?.type).toBe('done')
    expect((await post(`${service.url}/generate`, { ...long, max_tokens: 2 })).status).toBe(200)
  })

  it('bounds the prompt tokens too', async () => {
    await start({ slots: 1, stepsPerSecond: 100, env: { QUEUE_MAX_TOKENS: '50' } })
    const first = await post(`${service.url}/generate/stream`, { ...long, prompt: 'word '.repeat(60) })
    const refused = await post(`${service.url}/generate/stream`, long)
    expect(refused.status).toBe(429)
    await readStream(first)
  })

  it('tells those who wait their place and when they may expect to begin, without an id', async () => {
    await start({ slots: 1, stepsPerSecond: 100 })
    const streams = []
    for (let i = 0; i < 4; i++) {
      streams.push(await post(`${service.url}/generate/stream`, { ...long, max_tokens: 150 }))
      // The first one must have left the line before the second one comes.
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    const { events } = await readStream(streams[3]!)
    await Promise.all(streams.slice(0, 3).map(readStream))
    const queued = events.filter(({ type }) => type === 'queued')
    expect(queued.map(({ data }) => data.position)).toEqual([3, 2, 1])
    expect(queued.map(({ id }) => id)).toEqual([0, null, null])
    expect(Number(queued[0]?.data.eta_ms)).toBeGreaterThan(Number(queued[2]?.data.eta_ms))
  })

  it('lets a job be stopped while it waits, and never runs it', async () => {
    await start({ slots: 1, stepsPerSecond: 100 })
    const first = await post(`${service.url}/generate/stream`, long)
    const second = await post(`${service.url}/generate/stream`, long)
    const id = second.headers.get('x-job-id')
    const stopped = await fetch(`${service.url}/jobs/${id}`, { method: 'DELETE' })
    expect(await stopped.json()).toMatchObject({ state: 'cancelled', finish_reason: 'cancelled' })
    const { events } = await readStream(second)
    expect(events.map(({ type }) => type)).toEqual(['queued', 'done'])
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
    await expect.poll(async () => (await fetch(`${service.url}/ready`)).status).toBe(200)
    expect((await post(`${service.url}/generate`, { ...long, max_tokens: 2 })).status).toBe(200)
  })

  it('ends a job that is past its deadline with an error event', async () => {
    await start({ slots: 1, stepsPerSecond: 50 })
    const response = await post(`${service.url}/generate/stream`, { ...long, max_tokens: 400, deadline_ms: 1000 })
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
      .poll(async () => (await post(`${service.url}/generate`, { ...long, max_tokens: 2 })).status, { timeout: 15_000 })
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
    await start({ slots: 1, stepsPerSecond: 100 })
    const stack = await openStack(service.redis.url)
    const first = await post(`${service.url}/generate/stream`, long)
    const others = await Promise.all([1, 2].map(() => post(`${service.url}/generate/stream`, long)))
    const [unlined, mistyped] = others.map((response) => response.headers.get('x-job-id'))
    const bull = `${keysOf().prefix}:queue`
    // One is in no list, of the other everything is something else.
    await stack.redis.zrem(`${bull}:prioritized`, unlined!, mistyped!)
    await stack.redis.del(`${bull}:${mistyped}`)
    await stack.redis.set(`${bull}:${mistyped}`, 'nonsense')
    for (const response of [first, ...others]) {
      expect((await readStream(response)).end).toMatchObject({ type: 'done', data: { tokens_generated: 100 } })
    }
    await stack.close()
  })
})

describe('an Idempotency-Key', () => {
  it('is free again when its job has expired', async () => {
    await start({ slots: 4, env: { STREAM_TTL_MS: '1000' } })
    const send = (max_tokens: number) =>
      post(`${service.url}/generate`, { ...long, max_tokens }, { headers: { 'idempotency-key': 'again' } })
    expect((await send(3)).status).toBe(200)
    await new Promise((resolve) => setTimeout(resolve, 1300))
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
