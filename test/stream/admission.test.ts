import { beforeEach, describe, expect, it } from 'vitest'
import type { NewEvent } from '../../src/stream/events.ts'
import { redisNow } from '../../src/stream/redis.ts'
import { done, keys, type Stack, token, worker } from './stack.ts'
import { useStack } from './use-stack.ts'

let stack: Stack

describe('a refused request', () => {
  useStack((opened) => {
    stack = opened
  })
  beforeEach(() => stack.redis.flushall())

  /** Milliseconds that each of some requests is told to wait, at one job every 100 ms. */
  async function told(count: number, overrides = {}, limits = {}): Promise<number[]> {
    const waits: number[] = []
    for (let i = 0; i < count; i++) {
      const result = await stack.admit(overrides, { maxJobs: 20, ...limits })
      if (result.verdict !== 'full') throw new Error(result.verdict)
      waits.push(result.retryAfterMs)
    }
    return waits
  }
  /** A line grows shorter as time passes, by Redis's clock: the most that can have passed since this was called. */
  async function stopwatch(): Promise<() => Promise<number>> {
    const startedAt = await redisNow(stack.redis, keys)
    return async () => (await redisNow(stack.redis, keys)) - startedAt
  }
  const fill = async (count: number, overrides = {}) => {
    const ids: string[] = []
    for (let i = 0; i < count; i++) ids.push(await stack.job(overrides))
    return ids
  }

  it('is told when its place will be free, behind all who were refused before it', async () => {
    await fill(20)
    const passed = await stopwatch()
    const waits = await told(50)
    const passedMs = await passed()
    // Each is told 100 ms more than the one before it, less what has passed since the first.
    for (const [index, wait] of waits.entries()) {
      expect(wait).toBeLessThanOrEqual(100 * (index + 1))
      expect(wait).toBeGreaterThanOrEqual(Math.max(100, 100 * (index + 1) - passedMs))
    }
  })

  it('where there are too many prompt tokens is told when those that are too many have left, whatever its own', async () => {
    await fill(9, { promptTokens: 100 })
    await fill(1, { promptTokens: 450 })
    // 350 tokens too many, at 135 a job; the next one waits until as many as the first one brings have left too.
    const limits = { maxTokens: 1000 }
    const passed = await stopwatch()
    const [long, short] = [await told(1, { promptTokens: 540 }, limits), await told(1, { promptTokens: 1 }, limits)]
    const passedMs = await passed()
    expect(long[0]).toBe(260)
    expect(short[0]).toBeLessThanOrEqual(660)
    expect(short[0]).toBeGreaterThanOrEqual(Math.max(260, 660 - passedMs))
  })

  it('is not passed by short prompts where it has a long one', async () => {
    const limits = { maxTokens: 1000 }
    const [first] = await fill(10, { promptTokens: 100 })
    for (const promptTokens of [1, 900]) {
      expect(await stack.admit({ promptTokens }, limits)).toMatchObject({ verdict: 'full', bound: 'tokens' })
    }
    await stack.store.end(first!, done(), false)
    expect(await stack.admit({ promptTokens: 900 }, limits)).toMatchObject({ verdict: 'admitted' })
    expect(await stack.admit({ promptTokens: 1 }, limits)).toMatchObject({ verdict: 'full', tokens: 1800 })
  })

  /** Ends so many of `ids`, and lets in as many anew. */
  async function replace(ids: string[], count: number, limits: object, overrides = {}): Promise<void> {
    for (const id of ids.slice(0, count)) await stack.store.end(id, done(), false)
    for (let i = 0; i < count; i++) expect(await stack.admit(overrides, limits)).toMatchObject({ verdict: 'admitted' })
  }

  it('waits behind those before it though half of the places are free for a moment', async () => {
    const ids = await fill(20)
    const passed = await stopwatch()
    await told(50)
    await replace(ids, 10, { maxJobs: 20 })
    const [wait] = await told(1)
    expect(wait).toBeGreaterThanOrEqual(5100 - (await passed()))
  })

  it('does not wait for those who never came back, where more than half of the places are free', async () => {
    const ids = await fill(20)
    await told(50)
    await replace(ids, 11, { maxJobs: 20 })
    const [wait] = await told(1)
    expect(wait).toBeLessThanOrEqual(100)
  })

  it('waits behind those before it while more than half of the tokens are in use', async () => {
    const limits = { maxTokens: 1000, maxJobs: 1000 }
    const prompt = { promptTokens: 100 }
    const ids = await fill(10, prompt)
    const passed = await stopwatch()
    await told(50, prompt, limits)
    await replace(ids, 5, limits, prompt)
    const [wait] = await told(1, prompt, limits)
    expect(wait).toBeGreaterThanOrEqual(5100 - (await passed()))
    await replace(ids.slice(5), 5, limits, prompt)
    for (const id of await stack.index.recent(null, 6)) await stack.store.end(id, done(), false)
    for (let i = 0; i < 6; i++) await stack.admit(prompt, limits)
    expect((await told(1, prompt, limits))[0]).toBeLessThanOrEqual(100)
  })

  it('is never told more than ten minutes, however long the line has become', async () => {
    await fill(20)
    await stack.redis.hset(keys.rate, 'place_at', Date.now() + 3_600_000)
    const [first, second] = await told(2)
    expect(first).toBeGreaterThan(599_000)
    expect(first).toBeLessThanOrEqual(600_000)
    expect(second).toBeLessThanOrEqual(600_000)
  })

  it('of an owner who has its share stands in no line of the others', async () => {
    const limits = { maxJobs: 20, owners: 2 }
    for (let i = 0; i < 15; i++) await stack.job({ owner: 'many' })
    for (let i = 0; i < 5; i++) await stack.job({ owner: 'few' })
    for (let i = 0; i < 100; i++) {
      expect(await stack.admit({ owner: 'many' }, limits)).toMatchObject({ verdict: 'full', whose: 'owner' })
    }
    const result = await stack.admit({ owner: 'few' }, limits)
    expect(result).toMatchObject({ verdict: 'full', whose: 'all' })
    if (result.verdict === 'full') expect(result.retryAfterMs).toBeLessThanOrEqual(100)
  })
})

describe('a Redis that is nearly full', () => {
  const ballast = 'x'.repeat(100_000)

  useStack(
    (opened) => {
      stack = opened
    },
    { config: { maxmemory: '12mb' } },
  )

  it('takes no new job above nine tenths, and those that run go to their end even where nothing else can be written', async () => {
    const id = await stack.job()
    await stack.store.open(id, 1, worker)
    let result = await stack.admit()
    for (let i = 0; result.verdict === 'admitted' && i < 200; i++) {
      await stack.redis.set(`ballast:${i}`, ballast)
      result = await stack.admit()
    }
    if (result.verdict !== 'no-memory') throw new Error(result.verdict)
    expect(result.maxBytes).toBe(12 * 1024 ** 2)
    expect(result.usedBytes / result.maxBytes).toBeGreaterThan(0.9)
    // One admission above the limit at most, so this is not yet the end of the memory.
    expect(result.usedBytes / result.maxBytes).toBeLessThan(0.95)

    const fillUp = async () => {
      for (let i = 0; ; i++) await stack.redis.set(`more:${i}`, ballast)
    }
    await expect(fillUp()).rejects.toThrow('OOM')
    const append = (firstSeq: number, event: NewEvent) =>
      stack.store.append([{ id, attempt: 1, firstSeq, events: [event] }])
    for (let seq = 1; seq <= 50; seq++) expect(await append(seq, token('a'))).toEqual([{ lastSeq: seq, verdict: 'ok' }])
    expect(await append(51, done())).toEqual([{ lastSeq: 51, verdict: 'ok' }])
    expect(await stack.store.record(id)).toMatchObject({ state: 'completed', tokens: 50 })
  })
})

describe('the first estimate', () => {
  useStack((opened) => {
    stack = opened
  })

  it('counts the slots that are free at that moment, whatever was known of them before', async () => {
    const etaOf = async () => {
      const id = `job_${Math.random()}`
      const result = await stack.admit({ id })
      return { id, etaMs: result.verdict === 'admitted' ? result.etaMs : null }
    }
    // One slot of 100 ms a job: the first takes it.
    const first = await etaOf()
    expect(first.etaMs).toBe(0)
    await stack.store.open(first.id, 1, worker)
    expect((await etaOf()).etaMs).toBe(100)
  })
})
