import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, it } from 'vitest'
import { jobSchema } from '../../src/api/wire-schemas.ts'
import { followStream, post, textOf } from '../api/sse-client.ts'
import { FaultyService } from './faulty-service.ts'
import { referenceTexts } from './reference.ts'

let service: FaultyService
afterEach(() => service?.stop())

it('a worker that was stopped for 15 s and goes on appends nothing of its old attempts', async () => {
  service = await FaultyService.start({
    ...{ apis: 1, workers: 2, model: 'scripted:20' },
    env: { MODEL_PRECISION: 'float32', ENGINE_SLOTS: '8', LOG_LEVEL: 'info' },
  })
  const [url] = service.urls
  const orders = [1, 2, 3, 4].map((seed) => ({ prompt: 'A story', max_tokens: 400, seed }))
  const job = async (id: string | null) => jobSchema.parse(await (await fetch(`${url}/jobs/${id}`)).json())
  const streams = orders.map(async (order) => {
    const response = await post(`${url}/generate/stream`, { ...order, ignore_eos: true })
    const events = []
    for await (const event of followStream(response)) events.push(event)
    return { id: response.headers.get('x-job-id'), events, text: textOf(events) }
  })
  await sleep(1500)
  const woken = service.workers[0]!
  woken.pause()
  await sleep(15_000)
  woken.resume()

  const ended = await Promise.all(streams)
  const references = await referenceTexts(orders)
  expect(ended.map(({ text }) => text)).toEqual(references.map((texts) => texts.join('')))
  for (const { events } of ended) {
    const ids = events.flatMap(({ id }) => (id === null ? [] : [id]))
    expect(ids).toEqual(ids.map((_, index) => index))
  }
  const moved = (await Promise.all(ended.map(({ id }) => job(id)))).filter(({ attempt }) => attempt === 2)
  // Shared evenly, so that half of them were on the worker that slept; it has heard that each of them is another's now.
  expect(moved.length).toBeGreaterThan(0)
  for (const { id, worker } of moved) {
    expect(worker?.pid).toBe(service.workers[1]?.pid)
    expect(
      service.linesOf(woken).filter((line) => line.includes(id) && line.includes('"outcome":"lost"')),
    ).toHaveLength(1)
  }
})
