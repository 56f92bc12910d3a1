// What a worker does when things break under it: its engine's process, its lock, a job's data.

import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { jobSchema } from '../../src/api/wire-schemas.ts'
import { ProcessEngine } from '../../src/inference/process-engine.ts'
import { keysOf } from '../../src/stream/keys.ts'
import { closeRedis, connectRedis } from '../../src/stream/redis.ts'
import { startWorker } from '../../src/worker/inference-worker.ts'
import { logger, type RunningService, startService } from '../api/running-service.ts'
import { type ClientEvent, followStream, post, streamOf } from '../api/sse-client.ts'

let service: RunningService
let engine: ProcessEngine

beforeAll(async () => {
  service = await startService({ workers: 0 })
  engine = await ProcessEngine.start({
    settings: { model: 'scripted:100', precision: 'float32', slots: 4, threads: 1, maxContext: 512, dataDir: '.data' },
  })
  service.workers.push(await startWorker({ redisUrl: service.redis.url, engine, disconnectGraceMs: 1000, logger }))
})
// A worker whose engine has just come back says so with its next heartbeat.
beforeEach(() => vi.waitFor(async () => expect((await fetch(`${service.url}/ready`)).status).toBe(200), 10_000))
afterAll(() => service.stop())

const request = { prompt: 'A story', max_tokens: 150, ignore_eos: true, seed: 3 }
const job = async (id: unknown) => jobSchema.parse(await (await fetch(`${service.url}/jobs/${id}`)).json())

describe('a worker', () => {
  it('goes on with its jobs in a new engine process when that died, without a seam', async () => {
    const whole = await streamOf(`${service.url}/generate/stream`, request)
    const events: ClientEvent[] = []
    for await (const event of followStream(await post(`${service.url}/generate/stream`, request))) {
      events.push(event)
      if (event.id === 40) process.kill(engine.pid!, 'SIGKILL')
    }
    const logged = events.filter(({ id }) => id !== null)
    expect(logged.map(({ id }) => id)).toEqual(logged.map((_, index) => index))
    const tokens = (list: typeof events) => list.filter(({ type }) => type === 'token').map(({ data }) => data.token)
    expect(tokens(events)).toEqual(tokens(whole.events))
    expect((await job(events.at(-1)?.data.id)).attempt).toBe(1)
  })

  it('that gets a job back while it still runs it continues it once', async () => {
    const redis = connectRedis(service.redis.url, 'background', () => {})
    const events: ClientEvent[] = []
    for await (const event of followStream(
      await post(`${service.url}/generate/stream`, { ...request, max_tokens: 480 }),
    )) {
      events.push(event)
      // As when the machine slept: the lock is gone, and the check for dead workers finds the job.
      if (event.id === 20) await redis.del(`${keysOf().prefix}:queue:${events[0]?.data.id}:lock`)
    }
    await closeRedis(redis)
    const logged = events.filter(({ id }) => id !== null)
    expect(logged.map(({ id }) => id)).toEqual(logged.map((_, index) => index))
    expect(events.at(-1)).toMatchObject({ type: 'done', data: { tokens_generated: 480, finish_reason: 'length' } })
    expect((await job(events[0]?.data.id)).attempt).toBe(2)
  })

  it('ends a job whose log is damaged with an error, and serves the others', async () => {
    const redis = connectRedis(service.redis.url, 'background', () => {})
    const fine = streamOf(`${service.url}/generate/stream`, request)
    const events: ClientEvent[] = []
    for await (const event of followStream(await post(`${service.url}/generate/stream`, request))) {
      events.push(event)
      if (event.id === 20) await redis.hset(keysOf().job(String(events[0]?.data.id)), 'last', 'many')
    }
    await closeRedis(redis)
    expect(events.at(-1)?.type).toBe('error')
    expect((await fine).end?.type).toBe('done')
  })
})
