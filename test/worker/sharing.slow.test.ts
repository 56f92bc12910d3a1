import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { jobSchema } from '../../src/api/wire-schemas.ts'
import { type RunningService, startService } from '../api/running-service.ts'
import { post, streamOf, textOf, watchStream } from '../api/sse-client.ts'

describe('two workers', () => {
  let service: RunningService
  beforeAll(async () => {
    service = await startService({ workers: 2, slots: 8, stepsPerSecond: 40 })
  })
  afterAll(() => service.stop())

  it('share eight streams that arrive 30 ms apart, three to five each, in nine of ten rounds', async () => {
    let even = 0
    for (let round = 0; round < 10; round++) {
      const streams = []
      for (let i = 0; i < 8; i++) {
        streams.push(
          streamOf(`${service.url}/generate/stream`, { prompt: `Story ${i}`, max_tokens: 30, ignore_eos: true }),
        )
        await new Promise((resolve) => setTimeout(resolve, 30))
      }
      const workers = await Promise.all(
        (await Promise.all(streams)).map(async ({ response }) => {
          const job = await fetch(`${service.url}/jobs/${response.headers.get('x-job-id')}`)
          return jobSchema.parse(await job.json()).worker?.id
        }),
      )
      const first = workers.filter((id) => id === service.workers[0]?.id).length
      if (first >= 3 && first <= 5) even++
    }
    expect(even).toBeGreaterThanOrEqual(9)
  })

  it('hand over what one of them runs when it shuts down, and the stream goes on without a seam', async () => {
    const request = { prompt: 'A long story', max_tokens: 120, ignore_eos: true, seed: 4 }
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
    expect(end).toMatchObject({ type: 'done', data: { tokens_generated: 120, finish_reason: 'length' } })
    const id = String(end?.data.id)
    const job = jobSchema.parse(await (await fetch(`${service.url}/jobs/${id}`)).json())
    expect(job.attempt).toBe(2)
  })
})
