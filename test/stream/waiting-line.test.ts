import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { JobQueue } from '../../src/stream/queue.ts'
import { WaitingLine } from '../../src/stream/waiting-line.ts'
import { done, keys, type Stack, worker } from './stack.ts'
import { useStack } from './use-stack.ts'

let stack: Stack
let line: WaitingLine
/** What was brought to BullMQ's front, in order. */
let front: string[]

useStack((opened) => {
  stack = opened
  const queue = {
    frontKey: 'nothing stands here',
    bringToFront: async (id: string) => void front.push(id),
    hasInLine: async () => false,
    restore: async () => {},
  }
  line = new WaitingLine(stack.redis, keys, queue, stack.shared)
})
beforeEach(async () => {
  await stack.redis.flushall()
  front = []
})

const tokens = (maxTokens: number) => ({ promptTokens: 10, maxTokens: maxTokens - 10 })
const admit = (id: string, cost = 100, owners = 3) =>
  stack.admit({ id, owner: id.replace(/\d+$/, ''), ...tokens(cost) }, { owners })
/** Takes the next job as a worker does. */
const take = async (slots = 1000): Promise<string | null> => {
  const turn = await line.advance(slots)
  if (turn?.kind !== 'job') return null
  const { id } = turn
  expect(front.at(-1)).toBe(id)
  await stack.store.open(id, 1, worker)
  return id
}
const takeAll = async (slots?: number): Promise<string[]> => {
  const taken: string[] = []
  for (let id = await take(slots); id !== null; id = await take(slots)) taken.push(id)
  return taken
}
const owners = (ids: string[]) => ids.map((id) => id.replace(/\d+$/, '')).join(' ')
const end = (id: string) => stack.store.append([{ id, attempt: 1, firstSeq: 1, events: [done()] }])

describe('the line', () => {
  it('is first come, first served without keys, whatever the jobs cost', async () => {
    for (const id of ['1', '2', '3', '4']) await stack.admit({ id, ...tokens(Number(id) % 2 ? 500 : 50) })
    expect(await takeAll()).toEqual(['1', '2', '3', '4'])
  })

  it('keeps the order of one owner', async () => {
    for (const id of ['a1', 'a2', 'a3']) await admit(id, id === 'a1' ? 900 : 20)
    expect(await takeAll()).toEqual(['a1', 'a2', 'a3'])
  })

  it('lets one who comes later go ahead of all but the first of a crowd', async () => {
    for (let i = 0; i < 20; i++) await admit(`crowd${i}`)
    expect(await take()).toBe('crowd0')
    expect(await admit('late1')).toMatchObject({ position: expect.toSatisfy((place: number) => place <= 2) })
    expect([await take(), await take()]).toContain('late1')
  })

  it('gives owners the same share of tokens, not of jobs', async () => {
    for (let i = 0; i < 12; i++) await admit(`small${i}`, 100)
    for (let i = 0; i < 12; i++) await admit(`large${i}`, 300)
    const first = (await takeAll()).slice(0, 8)
    expect(first.filter((id) => id.startsWith('small')).length).toBe(6)
    expect(first.filter((id) => id.startsWith('large')).length).toBe(2)
  })

  it('gives nobody credit for the time in which it asked for nothing', async () => {
    for (let i = 0; i < 10; i++) {
      await admit(`busy${i}`)
      await take()
    }
    for (let i = 10; i < 14; i++) await admit(`busy${i}`)
    for (let i = 0; i < 4; i++) await admit(`idle${i}`)
    expect(owners((await takeAll()).slice(0, 6)).match(/busy/g)).toHaveLength(3)
  })

  it('does not count against an owner what was stopped before it began', async () => {
    for (let i = 0; i < 10; i++) await admit(`a${i}`)
    for (let i = 0; i < 10; i++) await stack.store.end(`a${i}`, done('cancelled'), true)
    await admit('b1')
    await admit('b2')
    await admit('a10')
    expect((await takeAll()).indexOf('a10')).toBeLessThan(2)
  })

  it('says the place that a job has in it', async () => {
    for (let i = 0; i < 5; i++) await admit(`a${i}`)
    await admit('b1')
    await take()
    const places = await stack.index.positions(['a1', 'a2', 'a3', 'a4', 'b1'])
    const order = [...places].sort(([, left], [, right]) => left - right).map(([id]) => id)
    expect([...places.values()].sort()).toEqual([1, 2, 3, 4, 5])
    expect(await takeAll()).toEqual(order)
  })

  it('puts a job that was given back where it stood', async () => {
    for (let i = 0; i < 3; i++) await admit(`a${i}`)
    await take()
    await stack.store.handBack('a0', 1, true)
    expect((await stack.index.positions(['a0'])).get('a0')).toBe(1)
    expect(await takeAll()).toEqual(['a0', 'a1', 'a2'])
  })

  it('gives a job to one worker, and to another when the first did not open it', async () => {
    await admit('a1')
    expect(await line.advance(8)).toEqual({ kind: 'job', id: 'a1' })
    expect(await line.advance(8)).toBeNull()
    await expect.poll(() => line.advance(8), { timeout: 20_000, interval: 200 }).toEqual({ kind: 'job', id: 'a1' })
    expect(front).toEqual(['a1', 'a1'])
  })
})

describe('over BullMQ', () => {
  let queue: JobQueue
  let real: WaitingLine
  beforeEach(() => {
    queue = new JobQueue(stack.redis, keys, () => {})
    real = new WaitingLine(stack.redis, keys, queue, stack.shared)
  })
  afterEach(() => queue.close())

  it('what is in line without a job that waits is taken to be cleared away, but not while others wait who may not be taken', async () => {
    await queue.add('ended')
    expect(await real.advance(8)).toEqual({ kind: 'ended' })
    for (let i = 0; i < 10; i++) await admit(`a${i}`)
    await takeAll(8)
    expect(await real.advance(8)).toBeNull()
  })

  it('a job that its worker has lost comes before all that wait', async () => {
    await admit('lost1')
    await real.advance(8)
    // Begun, and back in BullMQ's list when its lock had lapsed.
    await stack.store.open('lost1', 1, worker)
    for (const id of ['a1', 'b1', 'c1']) {
      await admit(id)
      await queue.add(id)
      await queue.bringToFront(id, 0)
    }
    expect(await real.advance(8)).toEqual({ kind: 'job', id: 'lost1' })
    expect((await stack.redis.lrange(queue.frontKey, 0, -1)).at(-1)).toBe('lost1')
  })

  it('an id of which BullMQ has no data is taken as it stands, so that it goes away', async () => {
    await stack.redis.rpush(queue.frontKey, 'ghost')
    expect(await real.advance(8)).toEqual({ kind: 'job', id: 'ghost' })
    expect(await stack.redis.lrange(queue.frontKey, 0, -1)).toEqual(['ghost'])
    expect(await queue.bull.getJob('ghost')).toBeUndefined()
  })

  it('a job that BullMQ has lost keeps the number of its attempts', async () => {
    await admit('a1')
    for (const attempt of [1, 2]) await stack.store.open('a1', attempt, worker)
    await stack.store.handBack('a1', 2, true)
    expect(await real.advance(8)).toEqual({ kind: 'job', id: 'a1' })
    expect((await queue.bull.getJob('a1'))?.data).toEqual({ attempts: 2 })
  })
})

describe('a quarter of the slots', () => {
  it('is for owners who hold none', async () => {
    for (let i = 0; i < 20; i++) await admit(`crowd${i}`)
    expect(await takeAll(8)).toHaveLength(6)
    await admit('late1')
    await admit('late2')
    expect(await take(8)).toBe('late1')
    // It holds one now.
    expect(await take(8)).toBeNull()
    await admit('other1')
    expect(await take(8)).toBe('other1')
  })

  it('is not kept where there is one owner only, nor without keys', async () => {
    for (let i = 0; i < 10; i++) await admit(`only${i}`, 100, 1)
    expect((await takeAll(8)).length).toBeGreaterThanOrEqual(8)
  })

  it('comes free again when a job ends, is stopped or is given back', async () => {
    for (let i = 0; i < 20; i++) await admit(`a${i}`)
    expect(await takeAll(8)).toHaveLength(6)
    await end('a0')
    expect(await take(8)).toBe('a6')
    await stack.store.end('a1', done('cancelled'), false)
    expect(await take(8)).toBe('a7')
    await stack.store.handBack('a2', 1, true)
    expect(await take(8)).toBe('a2')
    expect(await take(8)).toBeNull()
  })
})

describe('the bounds of the queue', () => {
  const limits = { maxJobs: 8, owners: 2 }
  const send = (owner: string, more = {}) => stack.admit({ owner, ...more }, limits)

  it('leave room for others however much one owner asks for', async () => {
    for (let i = 0; i < 6; i++) expect(await send('a')).toMatchObject({ verdict: 'admitted' })
    expect(await send('a')).toMatchObject({ verdict: 'full', bound: 'jobs', whose: 'owner', jobs: 6, limit: 6 })
    expect(await send('b')).toMatchObject({ verdict: 'admitted' })
    expect(await send('b')).toMatchObject({ verdict: 'admitted' })
    expect(await send('b')).toMatchObject({ verdict: 'full', whose: 'all' })
  })

  it('are shared evenly while others have jobs there', async () => {
    expect(await send('b')).toMatchObject({ verdict: 'admitted' })
    for (let i = 0; i < 4; i++) expect(await send('a')).toMatchObject({ verdict: 'admitted' })
    expect(await send('a')).toMatchObject({ verdict: 'full', whose: 'owner', limit: 4 })
  })

  it('are counted right through ends, so that nothing is left in the end', async () => {
    for (const [id, owner] of [
      ['x1', 'a'],
      ['x2', 'a'],
      ['x3', 'b'],
    ] as const)
      await send(owner, { id })
    await take()
    await end(front[0]!)
    for (const id of ['x1', 'x2', 'x3']) await stack.store.end(id, done('cancelled'), false)
    expect(await stack.index.depth()).toEqual({ admitted: 0, waiting: 0, promptTokens: 0 })
    expect(await stack.redis.hgetall(keys.owners)).toEqual({})
    expect(await stack.redis.zcard(keys.held)).toBe(0)
    expect(await stack.redis.hlen(keys.admittedTokens)).toBe(0)
  })

  it('bound the tokens of one owner too', async () => {
    const tokenLimits = { maxTokens: 400, owners: 2 }
    const ask = (owner: string) => stack.admit({ owner, promptTokens: 100 }, tokenLimits)
    for (let i = 0; i < 3; i++) expect(await ask('a')).toMatchObject({ verdict: 'admitted' })
    expect(await ask('a')).toMatchObject({ verdict: 'full', bound: 'tokens', whose: 'owner', tokens: 300, limit: 300 })
    expect(await ask('b')).toMatchObject({ verdict: 'admitted' })
  })
})
