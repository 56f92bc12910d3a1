// The reader of src/stream/read-events.ts under random orders of everything it waits for: the subscription, the log, messages, lost
// connections. It must have every event once without its timer, which exists for what the channel loses silently.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ChannelListener } from '../../src/stream/event-hub.ts'
import type { StreamEvent } from '../../src/stream/events.ts'
import type { JobRecord } from '../../src/stream/job-record.ts'
import { keysOf } from '../../src/stream/keys.ts'
import { type EventSource, readEvents } from '../../src/stream/read-events.ts'
import { done, token } from '../stream/stack.ts'

const tokens = 5
const all: StreamEvent[] = [
  { type: 'queued', seq: 0, position: 1, etaMs: 0 },
  ...Array.from({ length: tokens }, (_, index) => ({ ...token(String(index)), seq: index + 1 }) as StreamEvent),
  { ...done('stop', tokens), seq: tokens + 1 } as StreamEvent,
]

/** One job in a Redis whose every answer comes when the scheduler says so. */
class ScheduledRedis {
  readonly log: StreamEvent[] = [all[0]!]
  readonly #scheduler: fc.Scheduler
  readonly #order: 'subscribe first' | 'read first'
  #listener: ChannelListener | null = null
  #connected = true
  #reads = 0

  constructor(scheduler: fc.Scheduler, order: 'subscribe first' | 'read first') {
    this.#scheduler = scheduler
    this.#order = order
  }

  append(count: number): void {
    const from = this.log.length
    const events = all.slice(from, from + count)
    if (events.length === 0) return
    this.log.push(...events)
    const listener = this.#connected ? this.#listener : null
    if (listener) void this.#later('message').then(() => listener.onMessage(JSON.stringify(events)))
  }

  /** The subscriber's connection breaks and comes back. */
  breakSubscription(): void {
    if (!this.#listener || !this.#connected) return
    this.#connected = false
    void this.#later('reconnected').then(async () => {
      this.#connected = true
      await this.#later('told')
      this.#listener?.onGap()
    })
  }

  get source(): EventSource {
    const hub = {
      listen: async (_channel: string, listener: ChannelListener) => {
        await this.#later('subscribed')
        // The mistake: nothing is heard before the log has been read.
        if (this.#order === 'subscribe first') this.#listener = listener
        else void this.#untilRead().then(() => (this.#listener = listener))
        return () => (this.#listener = null)
      },
    } as unknown as EventSource['hub']
    const store: EventSource['store'] = {
      eventsAfter: async (_id, seq) => {
        await this.#later('asked')
        const events = this.log.slice(seq + 1)
        this.#reads++
        await this.#later('read')
        return events
      },
      record: async () => {
        await this.#later('asked')
        const ended = this.log.length === all.length
        return { last: this.log.length - 1, ...(ended && { ended_at: 1 }) } as JobRecord
      },
    }
    return { hub, store, keys: keysOf() }
  }

  async #untilRead(): Promise<void> {
    while (this.#reads === 0) await this.#later('waiting')
  }

  #later(label: string): Promise<void> {
    return this.#scheduler.schedule(Promise.resolve(), label)
  }
}

function reading(order: 'subscribe first' | 'read first') {
  const script = fc.array(fc.oneof(fc.nat({ max: 3 }), fc.constant('break' as const)), { minLength: 3, maxLength: 10 })
  return fc.asyncProperty(
    fc.scheduler(),
    script,
    fc.integer({ min: -1, max: 3 }),
    async (scheduler, acts, afterSeq) => {
      const redis = new ScheduledRedis(scheduler, order)
      const seen: StreamEvent[] = []
      const stop = new AbortController()
      const reader = (async () => {
        const events = readEvents(redis.source, 'job_a', { afterSeq, signal: stop.signal, silenceMs: 2 ** 27 })
        for await (const batch of events) seen.push(...batch)
      })()
      for (const act of acts) {
        if (scheduler.count() > 0) await scheduler.waitOne()
        if (act === 'break') redis.breakSubscription()
        else redis.append(act)
      }
      redis.append(all.length)
      await scheduler.waitIdle()
      stop.abort()
      await reader
      expect(seen).toEqual(all.slice(afterSeq + 1))
    },
  )
}

describe('a reader', () => {
  it('has every event once, in every order of answers and messages', async () => {
    await fc.assert(reading('subscribe first'), { numRuns: 1000 })
  })

  it('would miss some if it subscribed after it has read', async () => {
    await expect(fc.assert(reading('read first'), { numRuns: 1000 })).rejects.toMatchObject({
      cause: { message: expect.stringContaining('to deeply equal') },
    })
  })
})
