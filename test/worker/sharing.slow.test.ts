import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { jobSchema } from '../../src/api/wire-schemas.ts'
import { keysOf } from '../../src/stream/keys.ts'
import { WorkerRegistry } from '../../src/stream/worker-registry.ts'
import { type RunningService, startService } from '../api/running-service.ts'
import { post, readStream, streamOf, textOf, watchStream } from '../api/sse-client.ts'
import { openStack, type Stack } from '../stream/stack.ts'

describe('two workers', () => {
  let service: RunningService
  let stack: Stack
  beforeAll(async () => {
    service = await startService({ workers: 2, slots: 8, stepsPerSecond: 40 })
    stack = await openStack(service.redis.url)
  })
  afterAll(async () => {
    await stack.close()
    await service.stop()
  })

  it('tell the others how many jobs each of them holds, by which they share', async () => {
    const request = { prompt: 'A story', max_tokens: 500, ignore_eos: true }
    const responses = await Promise.all(
      Array.from({ length: 8 }, () => post(`${service.url}/generate/stream`, request)),
    )
    const ids = responses.map((response) => response.headers.get('x-job-id'))
    const job = async (id: string | null) => jobSchema.parse(await (await fetch(`${service.url}/jobs/${id}`)).json())
    const registry = new WorkerRegistry(stack.redis, keysOf())
    await vi.waitFor(async () => {
      const holders = (await Promise.all(ids.map(job))).map(({ worker }) => worker?.id)
      const live = await registry.live()
      expect(holders).not.toContain(undefined)
      for (const { id, jobs } of live) expect(jobs).toBe(holders.filter((holder) => holder === id).length)
      expect(live).toHaveLength(2)
    }, 10_000)
    await Promise.all(ids.map((id) => fetch(`${service.url}/jobs/${id}`, { method: 'DELETE' })))
    await Promise.all(responses.map(readStream))
  })

  it('hand over what one of them runs when it shuts down, and the stream goes on without a seam', async () => {
    const request = { prompt: 'A long story', max_tokens: 240, ignore_eos: true, seed: 4 }
    const whole = await streamOf(`${service.url}/generate/stream`, request)
    const { events, ended } = watchStream(await post(`${service.url}/generate/stream`, request))
    await vi.waitFor(() => expect(events.length).toBeGreaterThan(10), 10_000)
    await service.startWorker()
    await Promise.all(service.workers.slice(0, 2).map((worker) => worker.stop()))
    await ended
    const end = events.at(-1)
    expect(textOf(events)).toBe(whole.text)
    expect(events.filter(({ type }) => type === 'token').length).toBe(
      whole.events.filter(({ type }) => type === 'token').length,
    )
    expect(end).toMatchObject({ type: 'done', data: { tokens_generated: 240, finish_reason: 'length' } })
    const id = String(end?.data.id)
    const job = jobSchema.parse(await (await fetch(`${service.url}/jobs/${id}`)).json())
    expect(job.attempt).toBe(2)
  })
})
