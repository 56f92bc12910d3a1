import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { JobStore } from '../../src/stream/job-store.ts'
import { leaseMs } from '../../src/stream/lease.ts'
import { doubtMs, RedisAbsence } from '../../src/stream/redis-absence.ts'
import type { TestRedis } from '../support/redis.ts'
import { done, graceMs, keys, type Stack, token, worker } from './stack.ts'
import { pass, sleepFor, standClock } from './standing-clock.ts'
import { useStack } from './use-stack.ts'

let server: TestRedis
let stack: Stack
let store: JobStore
useStack((opened, redis) => {
  stack = opened
  server = redis
})
beforeEach(async () => {
  await stack.redis.flushall()
  // One to which Redis was never away, however slow this machine is.
  store = new JobStore(stack.redis, keys)
})

/** As when it lapses. */
const loseLease = (id: string) => stack.redis.del(keys.lease(id))
const append = async (id: string, attempt: number, firstSeq: number, ...events: ReturnType<typeof token>[]) =>
  (await store.append([{ id, attempt, firstSeq, events }]))[0]

async function opened(id: string, attempt = 1) {
  const result = await store.open(id, attempt, worker)
  if (result.verdict !== 'ok') throw new Error(`open said ${result.verdict}`)
  return result
}

describe('admission', () => {
  it('writes the queued event with the position and an estimate', async () => {
    await stack.job()
    const id = await stack.job()
    expect(await store.eventsAfter(id, -1)).toEqual([{ type: 'queued', seq: 0, position: 2, etaMs: 100 }])
  })

  it('refuses the job that would break the bound on jobs, and takes it again when one has ended', async () => {
    const first = await stack.job()
    expect(await stack.admit({}, { maxJobs: 1 })).toMatchObject({ verdict: 'full', bound: 'jobs', jobs: 1 })
    await store.end(first, done(), false)
    expect(await stack.admit({}, { maxJobs: 1 })).toMatchObject({ verdict: 'admitted' })
  })

  it('refuses more jobs where the bound on prompt tokens is reached, which one job may pass', async () => {
    expect(await stack.admit({ promptTokens: 50 }, { maxTokens: 20 })).toMatchObject({ verdict: 'admitted' })
    expect(await stack.admit({ promptTokens: 1 }, { maxTokens: 20 })).toMatchObject({
      verdict: 'full',
      bound: 'tokens',
      tokens: 50,
    })
  })

  it('counts a job once when the command is sent twice', async () => {
    const id = await stack.job()
    await stack.job({ id })
    expect(await stack.index.depth()).toEqual({ admitted: 1, waiting: 1, promptTokens: 3 })
  })

  it('forgets jobs long past their deadline whose end nobody wrote', async () => {
    await stack.job({ deadlineMs: -120_000, ttlMs: 200_000 })
    await stack.job()
    expect(await stack.index.depth()).toEqual({ admitted: 1, waiting: 1, promptTokens: 3 })
  })
})

describe('append', () => {
  it('changes nothing when the same command is sent again', async () => {
    const id = await stack.job()
    await opened(id)
    expect(await append(id, 1, 1, token('a'), token('b'))).toEqual({ lastSeq: 2, verdict: 'ok' })
    expect(await append(id, 1, 1, token('a'), token('b'))).toEqual({ lastSeq: 2, verdict: 'ok' })
    expect(await append(id, 1, 2, token('b'), token('c'))).toEqual({ lastSeq: 3, verdict: 'ok' })
    const texts = (await store.eventsAfter(id, 0)).map((event) => event.type === 'token' && event.text)
    expect(texts).toEqual(['a', 'b', 'c'])
    expect((await store.record(id))?.tokens).toBe(3)
  })

  it('refuses a gap and says where the log ends', async () => {
    const id = await stack.job()
    await opened(id)
    expect(await append(id, 1, 3, token('c'))).toEqual({ lastSeq: 0, verdict: 'gap' })
    expect(await store.eventsAfter(id, 0)).toEqual([])
  })

  it('refuses an older attempt from the moment a newer one has opened the job, before that one writes', async () => {
    const id = await stack.job()
    await opened(id, 1)
    await append(id, 1, 1, token('a'))
    await opened(id, 2)
    expect(await append(id, 1, 2, token('b'))).toEqual({ lastSeq: 1, verdict: 'fenced' })
    expect(await store.open(id, 1, worker)).toEqual({ verdict: 'fenced' })
    expect(await append(id, 2, 2, token('B'))).toEqual({ lastSeq: 2, verdict: 'ok' })
  })

  it('refuses everything after the terminal event, from whomever', async () => {
    const id = await stack.job()
    await opened(id)
    await append(id, 1, 1, done(), token('late'))
    expect(await append(id, 1, 2, token('late'))).toEqual({ lastSeq: 1, verdict: 'ended' })
    expect(await store.end(id, done(), false)).toBe('ended')
    expect(await store.open(id, 2, worker)).toEqual({ verdict: 'ended' })
    expect(await store.eventsAfter(id, 0)).toHaveLength(1)
  })

  it('serves many jobs in one command, each with its own verdict', async () => {
    const [a, b] = [await stack.job(), await stack.job()]
    await opened(a)
    await opened(b, 5)
    const results = await store.append([
      { id: a, attempt: 1, firstSeq: 1, events: [token('a')] },
      { id: b, attempt: 4, firstSeq: 1, events: [token('b')] },
      { id: 'job_unknown', attempt: 1, firstSeq: 1, events: [token('c')] },
    ])
    expect(results.map(({ verdict }) => verdict)).toEqual(['ok', 'fenced', 'missing'])
  })

  it('keeps every character, emoji and lone control characters included', async () => {
    const id = await stack.job()
    await opened(id)
    const text = 'Grüße 👩‍🚀 \u0000\u001f "\\" 漢字\u2028'
    await append(id, 1, 1, token(text))
    expect(await store.eventsAfter(id, 0)).toMatchObject([{ text }])
  })
})

describe('a stop', () => {
  it('refuses tokens but takes the end', async () => {
    const id = await stack.job()
    await opened(id)
    await append(id, 1, 1, token('a'))
    expect(await store.cancel(id)).toMatchObject({ state: 'active', lastSeq: 1 })
    expect(await append(id, 1, 2, token('b'))).toEqual({ lastSeq: 1, verdict: 'cancelled' })
    expect(await append(id, 1, 2, done('cancelled'))).toMatchObject({ lastSeq: 2 })
    expect((await store.record(id))?.state).toBe('cancelled')
  })

  it('leaves a finished job as it is', async () => {
    const id = await stack.job()
    await opened(id)
    await append(id, 1, 1, done())
    expect(await store.cancel(id)).toMatchObject({ state: 'completed', lastSeq: 1 })
    expect(await store.cancel('job_unknown')).toMatchObject({ state: 'missing', lastSeq: -1 })
  })
})

describe('an end without a worker', () => {
  it('goes right behind what the log has, whoever wrote it, once', async () => {
    const id = await stack.job()
    await opened(id, 3)
    await append(id, 3, 1, token('a'))
    expect(await store.end(id, { type: 'error', code: 'deadline_exceeded', message: 'late' }, false)).toBe('ended')
    expect(await store.end(id, done(), false)).toBe('ended')
    expect(await store.eventsAfter(id, 0)).toMatchObject([{ text: 'a' }, { type: 'error', seq: 2 }])
    expect(await stack.index.depth()).toEqual({ admitted: 0, waiting: 0, promptTokens: 0 })
  })

  it('leaves a job to the worker that has it, when asked to', async () => {
    const [waiting, running] = [await stack.job(), await stack.job()]
    await opened(running)
    expect(await store.end(waiting, done('cancelled'), true)).toBe('ended')
    expect(await store.end(running, done('cancelled'), true)).toBe('active')
    expect(await store.end('job_unknown', done('cancelled'), true)).toBe('missing')
  })
})

describe('the readers’ lease', () => {
  it('stops a job when it lapses', async () => {
    const id = await stack.job({ onDisconnect: 'cancel', graceMs: 20 })
    await opened(id)
    await vi.waitFor(async () => expect(await stack.redis.exists(keys.lease(id))).toBe(0), 10_000)
    expect(await append(id, 1, 1, token('a'))).toEqual({ lastSeq: 0, verdict: 'abandoned' })
  })

  it('lives as long as somebody renews it', async () => {
    const longMs = 600_000
    const id = await stack.job({ onDisconnect: 'cancel', graceMs: longMs })
    await opened(id)
    for (let i = 0; i < 3; i++) {
      await stack.redis.pexpire(keys.lease(id), longMs / 2)
      await store.renewLeases([id, 'job_unknown'])
      expect(await stack.redis.pttl(keys.lease(id))).toBeGreaterThan(longMs)
    }
    expect(await append(id, 1, 1, token('a'))).toEqual({ lastSeq: 1, verdict: 'ok' })
  })

  it('lets the one API that has had readers stop the job at once, whoever renewed it there', async () => {
    const id = await stack.job({ onDisconnect: 'cancel' })
    await stack.store.renewLeases([id])
    expect(await new JobStore(stack.redis, keys).cancelUnread(id)).toBe(false)
    expect(await stack.store.cancelUnread(id)).toBe(true)
    expect(await stack.store.open(id, 1, worker)).toMatchObject({ verdict: 'cancelled' })
  })

  it.each<[string, (id: string) => Promise<unknown>]>([
    ['another API has renewed it', (id) => new JobStore(stack.redis, keys).renewLeases([id])],
    ['it has lapsed meanwhile', loseLease],
    [
      'its key holds something else',
      (id) => stack.redis.del(keys.lease(id)).then(() => stack.redis.sadd(keys.lease(id), 'a')),
    ],
  ])('lets nobody stop the job at once where %s', async (_, change) => {
    const id = await stack.job({ onDisconnect: 'cancel' })
    await change(id)
    await stack.store.renewLeases([id])
    expect(await stack.store.cancelUnread(id)).toBe(false)
    await opened(id)
    expect(await append(id, 1, 1, token('a'))).toEqual({ lastSeq: 1, verdict: 'ok' })
  })

  it('does not matter to a job that goes on without readers', async () => {
    const id = await stack.job({ onDisconnect: 'continue' })
    await opened(id)
    await loseLease(id)
    expect(await append(id, 1, 1, token('a'))).toEqual({ lastSeq: 1, verdict: 'ok' })
  })
})

describe('a lease that lapsed', () => {
  let absence: RedisAbsence
  beforeEach(async () => {
    standClock()
    absence = new RedisAbsence(stack.redis, keys, graceMs)
    store = new JobStore(stack.redis, keys, absence)
    await pass(doubtMs(graceMs), stack.redis)
  })
  afterEach(() => {
    absence.stop()
    vi.useRealTimers()
  })

  /** Jobs that are read, by nobody's clock: their leases end where the test loses them. */
  const readJob = () => stack.job({ onDisconnect: 'cancel', graceMs: 600_000 })
  const lapsedMs = leaseMs(graceMs) + 50

  it('is believed while Redis has been there for a grace', async () => {
    const [waiting, running] = [await readJob(), await readJob()]
    await opened(running)
    for (const id of [waiting, running]) await loseLease(id)
    expect(await append(running, 1, 1, token('a'))).toEqual({ lastSeq: 0, verdict: 'abandoned' })
    expect(await store.open(waiting, 1, worker)).toMatchObject({ verdict: 'abandoned' })
  })

  it('is granted anew after a reconnect', async () => {
    const id = await readJob()
    await opened(id)
    await loseLease(id)
    stack.redis.disconnect(true)
    await new Promise((resolve) => stack.redis.once('ready', resolve))
    expect(await append(id, 1, 1, token('a'))).toEqual({ lastSeq: 1, verdict: 'ok' })
  })

  it('is granted anew to what was sent to a Redis that was frozen, beside what is really refused', async () => {
    const [stopped, read] = [await readJob(), await readJob()]
    for (const id of [stopped, read]) await opened(id)
    await store.cancel(stopped)
    await server.pause()
    // Redis does these in the order in which they are sent: when it sees the append, the lease has lapsed.
    void loseLease(read)
    const sent = store.append([stopped, read].map((id) => ({ id, attempt: 1, firstSeq: 1, events: [token('a')] })))
    await pass(lapsedMs, null)
    await server.resume()
    expect(await sent).toEqual([
      { lastSeq: 0, verdict: 'cancelled' },
      { lastSeq: 1, verdict: 'ok' },
    ])
    expect(await store.eventsAfter(read, 0)).toHaveLength(1)
  })

  it.each<[string, () => unknown]>([
    ['Redis was frozen, by one who had nothing to say meanwhile', () => pass(lapsedMs, null)],
    ['this process did not run either', () => sleepFor(lapsedMs)],
  ])('is granted anew to what is sent first after %s', async (_, letTimePass) => {
    const [waiting, running] = [await readJob(), await readJob()]
    await opened(running)
    await server.pause()
    await letTimePass()
    for (const id of [waiting, running]) void loseLease(id)
    await server.resume()
    const [first, next] = await Promise.all([append(running, 1, 1, token('a')), store.open(waiting, 1, worker)])
    expect([first?.verdict, next.verdict]).toEqual(['ok', 'ok'])
  })
})

describe('attempts', () => {
  it('hand over the log, and count as poison after three that appended nothing', async () => {
    const id = await stack.job()
    for (const attempt of [1, 2]) await opened(id, attempt)
    await append(id, 2, 1, token('a'))
    for (const attempt of [3, 4, 5]) expect((await opened(id, attempt)).events).toHaveLength(2)
    expect(await store.open(id, 6, worker)).toMatchObject({ verdict: 'poisoned', lastSeq: 1 })
  })

  it('do not count when the worker handed the job back for a reason of its own', async () => {
    const id = await stack.job()
    for (let attempt = 1; attempt < 8; attempt++) {
      await opened(id, attempt)
      await store.handBack(id, attempt, true)
    }
    expect((await store.record(id))?.state).toBe('queued')
  })

  it('count when the worker handed the job back because its engine had died under it', async () => {
    const id = await stack.job()
    for (let attempt = 1; attempt <= 3; attempt++) {
      await opened(id, attempt)
      await store.handBack(id, attempt, false)
    }
    expect((await store.open(id, 4, worker)).verdict).toBe('poisoned')
  })

  it('put a job handed back at the place it had', async () => {
    const [first, second] = [await stack.job(), await stack.job()]
    await opened(first)
    await store.handBack(first, 1, true)
    expect(await stack.index.positions([first, second])).toEqual(
      new Map([
        [first, 1],
        [second, 2],
      ]),
    )
  })
})

describe('damaged data', () => {
  it('of one job costs no other job its lease', async () => {
    const [damaged, fine] = [await stack.job(), await stack.job({ onDisconnect: 'cancel' })]
    await stack.redis.hset(keys.job(damaged), 'on_disconnect', 'cancel', 'lease_ms', 'abc')
    await stack.redis.del(keys.lease(fine))
    await store.renewLeases([damaged, fine])
    expect(await stack.redis.exists(keys.lease(fine))).toBe(1)
  })

  it('lets a job be ended as far as that is possible, and no longer counts it', async () => {
    const id = await stack.job()
    await stack.redis.hset(keys.job(id), 'last', 'abc')
    expect(await store.end(id, done(), false)).toBe('damaged')
    expect(await stack.index.depth()).toEqual({ admitted: 0, waiting: 0, promptTokens: 0 })
  })

  it('of one job takes no other job of the same step down', async () => {
    const [damaged, fine] = [await stack.job(), await stack.job()]
    await opened(damaged)
    await opened(fine)
    await stack.redis.del(keys.log(damaged))
    await stack.redis.set(keys.log(damaged), 'not a stream')
    const results = await store.append(
      [damaged, fine].map((id) => ({ id, attempt: 1, firstSeq: 1, events: [token('a')] })),
    )
    expect(results.map(({ verdict }) => verdict)).toEqual(['damaged', 'ok'])
  })

  it('is named: the record', async () => {
    const id = await stack.job()
    await stack.redis.hset(keys.job(id), 'kind', 'nonsense')
    await expect(store.record(id)).rejects.toMatchObject({
      code: 'damaged_job',
      message: expect.stringContaining('kind'),
    })
  })

  it('is named: the log', async () => {
    const id = await stack.job()
    await stack.redis.xadd(keys.log(id), '1-9', 'e', '{"type":"token"')
    await expect(store.eventsAfter(id, -1)).rejects.toMatchObject({ code: 'damaged_job' })
  })

  it('is named: keys of another type', async () => {
    const id = await stack.job()
    await stack.redis.set(keys.job(id), 'no hash')
    await stack.redis.set(keys.log(id), 'no stream')
    await expect(store.record(id)).rejects.toMatchObject({ code: 'damaged_job' })
    await expect(store.eventsAfter(id, -1)).rejects.toMatchObject({ code: 'damaged_job' })
  })

  it('is named: a time that no Date can say', async () => {
    const id = await stack.job()
    await stack.redis.hset(keys.job(id), 'created_at', '99999999999999999')
    await expect(store.record(id)).rejects.toMatchObject({
      code: 'damaged_job',
      message: expect.stringContaining('created_at'),
    })
  })
})

describe('expiry', () => {
  it('covers every key of a job from its admission on, and shrinks to the TTL at the end', async () => {
    const id = await stack.job({ onDisconnect: 'cancel', ttlMs: 700 })
    for (const key of [keys.job(id), keys.log(id), keys.lease(id)])
      expect(await stack.redis.pttl(key)).toBeGreaterThan(0)
    await store.end(id, done(), false)
    expect(await stack.redis.pttl(keys.log(id))).toBeLessThanOrEqual(700)
    await new Promise((resolve) => setTimeout(resolve, 900))
    const left = (await stack.redis.keys('*')).filter((key) => key.includes(id))
    expect(left).toEqual([])
  })
})
