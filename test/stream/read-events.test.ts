import { describe, expect, it } from 'vitest'
import type { StreamEvent } from '../../src/stream/events.ts'
import { keysOf } from '../../src/stream/keys.ts'
import type { TestRedis } from '../support/redis.ts'
import { done, keys, type Stack, token, worker } from './stack.ts'
import { useStack } from './use-stack.ts'

let server: TestRedis
let stack: Stack

useStack(
  (opened, redis) => {
    stack = opened
    server = redis
  },
  { durable: true },
)

async function collect(events: AsyncIterable<StreamEvent[]>): Promise<StreamEvent[]> {
  const all: StreamEvent[] = []
  for await (const batch of events) all.push(...batch)
  return all
}

async function runningJob(): Promise<string> {
  const id = await stack.job()
  await stack.store.open(id, 1, worker)
  return id
}

const append = (id: string, firstSeq: number, ...events: ReturnType<typeof token>[]) =>
  stack.store.append([{ id, attempt: 1, firstSeq, events }])

const seqs = (events: StreamEvent[]) => events.map(({ seq }) => seq)

describe('a reader', () => {
  it('gets every event once, in order, those from before and those from after it came', async () => {
    const id = await runningJob()
    await append(id, 1, token('a'))
    const reading = collect(stack.read(id))
    for (let seq = 2; seq < 40; seq++) await append(id, seq, token(String(seq)))
    await append(id, 40, done())
    expect(seqs(await reading)).toEqual(Array.from({ length: 41 }, (_, i) => i))
  })

  it('resumes behind the seq it names', async () => {
    const id = await runningJob()
    await append(id, 1, token('a'), token('b'), token('c'), done())
    expect(seqs(await collect(stack.read(id, 2)))).toEqual([3, 4])
  })

  it('waits when its cursor is ahead of the log', async () => {
    const id = await runningJob()
    const reading = collect(stack.read(id, 2))
    await append(id, 1, token('a'), token('b'))
    await append(id, 3, token('c'), done())
    expect(seqs(await reading)).toEqual([3, 4])
  })

  it('finds in the log what the channel has lost', async () => {
    const id = await runningJob()
    const reading = stack.read(id)
    expect((await reading.next()).value).toHaveLength(1)
    // Written past the channel, as when the message was published while the connection was down.
    await stack.redis.xadd(keysOf().log(id), '1-2', 'e', JSON.stringify({ ...token('a'), seq: 1 }))
    await stack.redis.hset(keysOf().job(id), 'last', 1)
    await append(id, 2, done())
    expect(seqs(await collect(reading))).toEqual([1, 2])
  })

  it('ends without events when the job has ended at its cursor', async () => {
    const id = await runningJob()
    await append(id, 1, done())
    expect(await collect(stack.read(id, 1))).toEqual([])
  })

  it.each([
    ['is gone', async (_: string) => {}],
    ['is something else', (key: string) => stack.redis.set(key, 'no stream')],
  ])('does not wait for ever for the events of an ended job whose log %s', async (_, put) => {
    const id = await runningJob()
    await append(id, 1, token('a'), done())
    await stack.redis.del(keys.log(id))
    await put(keys.log(id))
    await expect(collect(stack.read(id))).rejects.toMatchObject({ code: 'damaged_job' })
  })

  it('is told that a job is unknown', async () => {
    await expect(collect(stack.read('job_unknown'))).rejects.toMatchObject({ code: 'not_found' })
  })

  it('stops at once when its signal aborts, and leaves no subscription behind', async () => {
    const id = await runningJob()
    const abort = new AbortController()
    const reading = stack.read(id, -1, abort.signal)
    expect(await reading.next()).toMatchObject({ value: [{ seq: 0 }] })
    const next = reading.next()
    abort.abort()
    expect(await next).toEqual({ done: true, value: undefined })
    expect(stack.hub.channelCount).toBe(0)
  })

  it('goes on over the death and the return of Redis', async () => {
    const id = await runningJob()
    const reading = collect(stack.read(id))
    await append(id, 1, token('a'))
    await server.kill()
    const later = append(id, 2, token('b'), done())
    await server.restart()
    await later
    expect(seqs(await reading)).toEqual([0, 1, 2, 3])
  })
})
