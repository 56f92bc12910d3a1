// A thousand wrong keys a second at an API, and what they cost those who have a right one: no question to Redis, no reading
// of a body, and nothing of their answers. How long things take beside them is measured by `npm run bench -- edge`.

import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { readStream } from '../api/sse-client.ts'
import { FaultyService } from './faulty-service.ts'
import { head, RawClient } from './raw-client.ts'
import { WrongKeyFlood } from './wrong-key-flood.ts'

const right = { authorization: 'Bearer alice-secret-1', 'content-type': 'application/json' }
const long = JSON.stringify({ prompt: 'A story', max_tokens: 1900, ignore_eos: true })

let service: FaultyService
let url: string
beforeAll(async () => {
  service = await FaultyService.start({
    ...{ apis: 1, workers: 1, model: 'scripted:100' },
    env: { MODEL_PRECISION: 'float32', LOG_LEVEL: 'warn', API_KEYS: 'alice:alice-secret-1' },
    key: 'alice-secret-1',
  })
  url = service.urls[0]!
})
afterAll(async () => {
  await service?.stop()
})

const generate = (maxTokens: number) =>
  fetch(`${url}/generate`, {
    method: 'POST',
    headers: right,
    body: JSON.stringify({ prompt: 'Hello', max_tokens: maxTokens, ignore_eos: true }),
  })

describe('a thousand wrong keys a second', () => {
  it('take nothing from a stream and from ordinary requests beside them, and are all refused', async () => {
    const followed = fetch(`${url}/generate/stream`, { method: 'POST', headers: right, body: long })
    const streamed = followed.then(readStream)
    const flood = new WrongKeyFlood(url, 1000, [
      { method: 'GET', path: '/jobs' },
      { method: 'POST', path: '/generate/stream', body: long },
      { method: 'POST', path: '/v1/chat/completions', body: '{"messages": [' },
      { method: 'GET', path: '/jobs/job_x/stream' },
    ])
    try {
      for (let round = 0; flood.answered < 4000; round++) {
        const statuses = await Promise.all([
          generate(5).then(({ status }) => status),
          fetch(`${url}/jobs`, { headers: right }).then(({ status }) => status),
          fetch(`${url}/health`).then(({ status }) => status),
        ])
        expect(statuses, `round ${round}`).toEqual([200, 200, 200])
      }
    } finally {
      await flood.stop()
    }
    expect([...flood.answers.keys()].sort()).toEqual([401, 429])
    // Of one address: what goes beyond a minute's tries is told to come later.
    expect(flood.answers.get(401)).toBeLessThanOrEqual(60)
    const id = String((await followed).headers.get('x-job-id'))
    expect((await fetch(`${url}/jobs/${id}`, { method: 'DELETE', headers: right })).status).toBe(200)
    const { events, end } = await streamed
    expect(end?.type).toBe('done')
    const seqs = events.flatMap((event) => (event.id === null ? [] : [event.id]))
    expect(seqs).toEqual(seqs.map((_, index) => index))
    expect(service.problems).toEqual([])
  })
})

describe('a wrong key', () => {
  it('is refused without a question to Redis, as a ticket of no possible form is', async () => {
    const redis = new Redis(service.redis.url)
    const commands = async () => Number(/total_commands_processed:(\d+)/.exec(await redis.info('stats'))?.[1])
    const tried = 2000
    const before = await commands()
    const flood = new WrongKeyFlood(url, 4000, [
      { method: 'GET', path: '/jobs' },
      { method: 'GET', path: '/jobs/job_x' },
      { method: 'DELETE', path: '/jobs/job_x' },
      { method: 'POST', path: '/generate', body: long },
    ])
    await vi.waitFor(() => expect(flood.answered).toBeGreaterThan(tried), 20_000)
    await flood.stop()
    for (let ticket = 0; ticket < 200; ticket++) {
      const { status } = await fetch(`${url}/jobs/job_x/stream?ticket=guess-${ticket}`)
      expect([401, 429]).toContain(status)
    }
    // The service's own: heartbeats, the look at the queue.
    expect((await commands()) - before).toBeLessThan(tried / 4)
    redis.disconnect()
  })

  it('is refused before the body comes, and beyond its tries the connection is closed instead of read from', async () => {
    const flood = new WrongKeyFlood(url, 1000, [{ method: 'GET', path: '/jobs' }])
    await vi.waitFor(() => expect(flood.answers.get(429)).toBeGreaterThan(0), 20_000)
    await flood.stop()
    const client = new RawClient(url).send(
      head('POST /workflows/analyze-log', {
        ...{ authorization: 'Bearer wrong', 'content-type': 'text/plain', 'content-length': 50_000_000 },
      }),
    )
    expect(await client.answer()).toMatch(/^HTTP\/1.1 429 /)
    await client.untilClosed()
  })
})
