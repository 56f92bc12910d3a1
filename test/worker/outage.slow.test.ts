// Redis dies or freezes under running streams and comes back: readers get what they missed, and nothing in between.

import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { closeRedis, connectRedis } from '../../src/stream/redis.ts'
import { type RunningService, startService } from '../api/running-service.ts'
import { type ClientEvent, post, streamOf, watchStream } from '../api/sse-client.ts'

let service: RunningService
afterEach(() => service.stop())

const request = { prompt: 'A story', max_tokens: 450, ignore_eos: true, seed: 3 }
const tokens = (events: ClientEvent[]) => events.flatMap(({ type, data }) => (type === 'token' ? [data.token] : []))

describe('a Redis that is frozen for longer than a lock lives', () => {
  it('costs its streams time and nothing else', async () => {
    service = await startService({ slots: 4, stepsPerSecond: 100 })
    const url = `${service.url}/generate/stream`
    const whole = await streamOf(url, request)
    const { events, ended } = watchStream(await post(url, request))
    await vi.waitFor(() => expect(tokens(events).length).toBeGreaterThan(20), 10_000)
    await service.redis.pause()
    await sleep(8000)
    await service.redis.resume()
    await ended
    expect(tokens(events)).toEqual(tokens(whole.events))
    expect(events.at(-1)).toMatchObject({ type: 'done', data: { tokens_generated: 450 } })
  })
})

describe('a Redis that is killed and started again after half a minute', () => {
  it('costs its streams time and nothing else, and new requests a 503', async () => {
    service = await startService({ slots: 4, stepsPerSecond: 100, redis: { durable: true } })
    const url = `${service.url}/generate/stream`
    const whole = await streamOf(url, request)
    const streams = await Promise.all([1, 2, 3].map(async () => watchStream(await post(url, request))))
    await vi.waitFor(() => {
      for (const { events } of streams) expect(tokens(events).length).toBeGreaterThan(20)
    }, 10_000)
    await service.redis.kill()
    await vi.waitFor(async () => {
      const refused = await post(url, request)
      expect(refused.status).toBe(503)
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    }, 20_000)
    // Long enough for more tokens than a worker holds for a Redis that is away.
    await sleep(30_000)
    await service.redis.restart()
    await Promise.all(streams.map(({ ended }) => ended))
    for (const { events } of streams) {
      const logged = events.filter(({ id }) => id !== null)
      expect(logged.map(({ id }) => id)).toEqual(logged.map((_, index) => index))
      expect(tokens(events)).toEqual(tokens(whole.events))
      expect(events.at(-1)).toMatchObject({ type: 'done', data: { tokens_generated: 450 } })
    }
    const redis = connectRedis(service.redis.url, 'background', () => {})
    const connections = /total_connections_received:(\d+)/.exec(await redis.info('stats'))?.[1]
    await closeRedis(redis)
    // Each process came back once over each of its connections, beside what this test opened.
    expect(Number(connections)).toBeLessThan(20)
  })
})
