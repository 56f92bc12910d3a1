// Somebody writes into our keys while jobs run. Each way: the reader is told how it ended, a job beside it ends as always,
// and nothing stays counted.

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { keysOf } from '../../src/stream/keys.ts'
import { closeRedis, connectRedis, type RedisClient } from '../../src/stream/redis.ts'
import { type RunningService, startService } from '../api/running-service.ts'
import { post, streamOf, watchStream } from '../api/sse-client.ts'

const keys = keysOf()
const request = { prompt: 'A story', max_tokens: 100, ignore_eos: true, seed: 3 }
let service: RunningService
let redis: RedisClient

beforeAll(async () => {
  service = await startService({ slots: 2, stepsPerSecond: 100 })
  redis = connectRedis(service.redis.url, 'background', () => {})
})
afterAll(async () => {
  await closeRedis(redis)
  await service.stop()
})

const endOf = ({ type, data }: { type: string; data: Record<string, unknown> }) =>
  type === 'error' ? data.code : data.finish_reason
const nothingIsCounted = () =>
  vi.waitFor(async () => {
    const counts = [redis.zcard(keys.admitted), redis.zcard(keys.waiting), redis.zcard(keys.held)]
    expect(await Promise.all(counts)).toEqual([0, 0, 0])
    expect(Number(await redis.get(keys.admittedTokensTotal))).toBe(0)
  }, 10_000)

describe('a running job', () => {
  it.each<[what: string, damage: (id: string) => Promise<unknown>, end: string]>([
    ['whose record is behind its log', (id) => redis.hset(keys.job(id), 'last', 2), 'damaged_job'],
    ['whose record is ahead of its log', (id) => redis.hset(keys.job(id), 'last', 1000), 'damaged_job'],
    [
      'whose log has had a later entry',
      async (id) => {
        await redis.xadd(keys.log(id), '1-5000', 'e', '{}')
        await redis.xdel(keys.log(id), '1-5000')
      },
      'damaged_job',
    ],
    ['whose record is gone', (id) => redis.del(keys.job(id)), 'not_found'],
    ['whose expiry is no number', (id) => redis.hset(keys.job(id), 'ttl_ms', 'abc'), 'length'],
    ['on whose channel somebody else speaks', (id) => redis.publish(keys.channel(id), 'nonsense'), 'length'],
    ['beside a mean time that is no number', () => redis.hset(keys.rate, 'hold_ms', 'abc'), 'length'],
    ['beside a list of the held that is none', () => redis.set(keys.held, 'text'), 'length'],
  ])('%s', async (_, damage, end) => {
    const url = `${service.url}/generate/stream`
    const { events, ended } = watchStream(await post(url, request))
    await vi.waitFor(() => expect(events.length).toBeGreaterThan(10), 10_000)
    const beside = streamOf(url, request)
    await damage(String(events[0]?.data.id))
    await ended
    expect(endOf(events.at(-1)!)).toBe(end)
    expect((await beside).end).toMatchObject({ type: 'done', data: { finish_reason: 'length' } })
    await nothingIsCounted()
  })
})

it('a waiting job whose record is something else is ended, and those behind it are served', async () => {
  const url = `${service.url}/generate/stream`
  const running = [1, 2].map(() => streamOf(url, { ...request, max_tokens: 300 }))
  await vi.waitFor(async () => expect(await redis.zcard(keys.held)).toBe(2), 10_000)
  const { events, ended } = watchStream(await post(url, request))
  await vi.waitFor(() => expect(events.length).toBeGreaterThan(0), 20_000)
  const behind = streamOf(url, request)
  const id = String(events[0]?.data.id)
  await redis.set(keys.job(id), 'text')
  for (const method of ['GET', 'DELETE']) {
    const asked = await fetch(`${service.url}/jobs/${id}`, { method })
    expect({ status: asked.status, ...((await asked.json()) as object) }).toMatchObject({
      status: 410,
      error: { code: 'damaged_job', message: expect.stringContaining(id) },
    })
  }
  await ended
  expect(events.at(-1)).toMatchObject({ type: 'error', data: { code: 'damaged_job' } })
  for (const stream of [...running, behind]) expect((await stream).end?.type).toBe('done')
  await nothingIsCounted()
})
