import { afterEach, expect, it, vi } from 'vitest'
import { jobSchema } from '../../src/api/wire-schemas.ts'
import { followStream, post, textOf } from '../api/sse-client.ts'
import { FaultyService } from './faulty-service.ts'
import { referenceTexts } from './reference.ts'

let service: FaultyService
afterEach(() => service?.stop())

it('a worker that was stopped until it counted as gone and goes on appends nothing of its old attempts', async () => {
  service = await FaultyService.start({
    ...{ apis: 1, workers: 2, model: 'scripted:20' },
    env: { MODEL_PRECISION: 'float32', ENGINE_SLOTS: '8', LOG_LEVEL: 'info' },
  })
  const [url] = service.urls
  const orders = [1, 2, 3, 4].map((seed) => ({ prompt: 'A story', max_tokens: 400, seed }))
  const job = async (id: string | null) => jobSchema.parse(await (await fetch(`${url}/jobs/${id}`)).json())
  const responses = await Promise.all(
    orders.map((order) => post(`${url}/generate/stream`, { ...order, ignore_eos: true })),
  )
  const jobs = () => Promise.all(responses.map((response) => job(response.headers.get('x-job-id'))))
  const streams = responses.map(async (response) => {
    const events = []
    for await (const event of followStream(response)) events.push(event)
    return { events, text: textOf(events) }
  })
  await vi.waitFor(async () => {
    for (const { usage } of await jobs()) expect(usage.completion_tokens).toBeGreaterThan(0)
  }, 20_000)
  // Shared evenly, so that it runs half of them; but one of the two runs some in any case.
  const [first] = await jobs()
  const woken = service.workers.find(({ pid }) => pid === first?.worker?.pid)!
  const other = service.workers.find((worker) => worker !== woken)!
  woken.pause()
  const stopped = (await jobs()).filter(({ worker }) => worker?.pid === woken.pid).map(({ id }) => id)
  expect(stopped).toContain(first?.id)
  await vi.waitFor(
    async () => {
      for (const { worker } of await jobs()) expect(worker?.pid).toBe(other.pid)
      const { workers } = (await (await fetch(`${url}/workers`)).json()) as { workers: { pid: number }[] }
      expect(workers.map(({ pid }) => pid)).toEqual([other.pid])
    },
    { timeout: 60_000, interval: 250 },
  )
  woken.resume()

  const ended = await Promise.all(streams)
  const references = await referenceTexts(orders)
  expect(ended.map(({ text }) => text)).toEqual(references.map((texts) => texts.join('')))
  for (const { events } of ended) {
    const ids = events.flatMap(({ id }) => (id === null ? [] : [id]))
    expect(ids).toEqual(ids.map((_, index) => index))
  }
  const moved = (await jobs()).filter(({ attempt }) => attempt === 2)
  expect(moved.map(({ id }) => id).sort()).toEqual(stopped.sort())
  // It has heard of each of them that it is another's now.
  const lost = (id: string) =>
    service.linesOf(woken).filter((line) => line.includes(id) && line.includes('"outcome":"lost"'))
  await vi.waitFor(() => {
    for (const id of stopped) expect(lost(id)).toHaveLength(1)
  }, 20_000)
})
