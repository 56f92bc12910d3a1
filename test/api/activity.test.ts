// The feed behind the console's overview: what its readers see, and that they share it.

import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { snapshotEventSchema } from '../../src/api/wire-schemas.ts'
import { type RunningService, startService } from './running-service.ts'
import { type ClientEvent, followStream, post } from './sse-client.ts'

let service: RunningService
beforeAll(async () => {
  const env = { API_KEYS: 'alice:alice-secret-1,bob:bob-secret-22', ADMIN_KEY: 'admin-secret-3' }
  service = await startService({ slots: 2, stepsPerSecond: 50, env })
})
afterAll(() => service.stop())

const as = (key: string) => ({ authorization: `Bearer ${key}` })
const [alice, bob, admin] = ['alice-secret-1', 'bob-secret-22', 'admin-secret-3']

class Reader {
  readonly events: ClientEvent[] = []
  readonly #left = new AbortController()

  constructor(key: string) {
    void this.#read(key).catch(() => {}) // It has left.
  }

  of(type: string): ClientEvent[] {
    return this.events.filter((event) => event.type === type)
  }

  get jobs(): { id: string; worker?: object }[] {
    return (this.of('snapshot').at(-1)?.data.jobs ?? []) as { id: string }[]
  }

  leave(): void {
    this.#left.abort()
  }

  async #read(key: string): Promise<void> {
    const response = await fetch(`${service.url}/activity`, { headers: as(key), signal: this.#left.signal })
    for await (const event of followStream(response)) this.events.push(event)
  }
}

async function startJob(key: string): Promise<string> {
  const body = { kind: 'generate', prompt: 'A story', max_tokens: 400, ignore_eos: true }
  const response = await post(`${service.url}/jobs`, body, { headers: as(key) })
  return ((await response.json()) as { id: string }).id
}

describe('the feed', () => {
  it('is of the jobs that its reader may see, with the words of those that run, also for one who comes later', async () => {
    const [alices, bobs] = [await startJob(alice), await startJob(bob)]
    const early = [new Reader(alice), new Reader(alice), new Reader(admin)]
    for (const reader of early) await vi.waitFor(() => expect(reader.of('text').length).toBeGreaterThan(2), 10_000)
    const late = new Reader(alice)
    await vi.waitFor(() => expect(late.of('text').length).toBeGreaterThan(0), 10_000)
    // At once, not with the next look at the queue.
    expect(late.events.slice(0, 3).map(({ type }) => type)).toEqual(['history', 'snapshot', 'text'])
    for (const reader of [early[0]!, early[1]!, late]) {
      expect(reader.jobs.map(({ id }) => id)).toEqual([alices])
      expect(reader.of('text').every(({ data }) => data.id === alices)).toBe(true)
      expect(JSON.stringify(reader.events)).not.toContain('"pid"')
    }
    expect(early[2]!.jobs.map(({ id }) => id)).toEqual(expect.arrayContaining([alices, bobs]))
    const { model, workers } = snapshotEventSchema.parse(early[2]!.of('snapshot').at(-1)?.data)
    expect(model).toMatchObject({ name: expect.any(String), max_context: expect.any(Number) })
    expect(workers).toHaveLength(1)
    for (const reader of [...early, late]) reader.leave()
  })

  it('costs Redis the same however many read it, and nothing when the last one has left', async () => {
    const redis = new Redis(service.redis.url)
    for (let i = 0; i < 20; i++) await startJob(alice)
    /** Looks at records while a reader sees three more snapshots, or without one in that time. */
    const looks = async () => Number(/cmdstat_hgetall:calls=(\d+)/.exec(await redis.info('commandstats'))?.[1])
    const looksBeside = async (reader: Reader) => {
      const seen = reader.of('snapshot').length
      const before = await looks()
      await vi.waitFor(() => expect(reader.of('snapshot').length).toBeGreaterThanOrEqual(seen + 3), 15_000)
      return (await looks()) - before
    }
    const first = new Reader(alice)
    await vi.waitFor(() => expect(first.jobs.length).toBeGreaterThanOrEqual(20), 10_000)
    const alone = await looksBeside(first)
    const others = Array.from({ length: 20 }, () => new Reader(alice))
    for (const other of others) await vi.waitFor(() => expect(other.jobs.length).toBeGreaterThanOrEqual(20), 10_000)
    const together = await looksBeside(first)
    expect(alone).toBeGreaterThan(20)
    expect(together).toBeLessThan(alone * 3)
    for (const reader of [first, ...others]) reader.leave()
    await vi.waitFor(async () => {
      const before = await looks()
      await new Promise((resolve) => setTimeout(resolve, 1500))
      expect((await looks()) - before).toBeLessThan(20)
    }, 15_000)
    redis.disconnect()
  })
})
