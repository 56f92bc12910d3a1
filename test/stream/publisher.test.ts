import { describe, expect, it } from 'vitest'
import type { Append, AppendResult } from '../../src/stream/job-store.ts'
import type { StopVerdict } from '../../src/stream/job-writer.ts'
import { Publisher } from '../../src/stream/publisher.ts'
import { done, token } from './stack.ts'

/** A log in memory that follows the append script's rules and can be made to misbehave. */
class MemoryLog {
  readonly commands: Append[][] = []
  readonly #texts = new Map<string, string[]>()
  next: ((append: Append) => AppendResult | Error) | null = null

  /** Of one job, as its log has them; seq 0 is the queued event. */
  texts(id = 'job_a'): string[] {
    const texts = this.#texts.get(id) ?? []
    this.#texts.set(id, texts)
    return texts
  }

  async append(appends: Append[]): Promise<AppendResult[]> {
    this.commands.push(appends)
    return appends.map((append) => {
      const scripted = this.next?.(append)
      this.next = null
      if (scripted instanceof Error) throw scripted
      if (scripted) return scripted
      const texts = this.texts(append.id)
      for (const [index, event] of append.events.entries()) {
        if (append.firstSeq + index !== texts.length + 1) continue
        texts.push(event.type === 'token' ? event.text : event.type)
      }
      return { lastSeq: texts.length, verdict: append.firstSeq > texts.length + 1 ? 'gap' : 'ok' }
    })
  }
}

function setUp() {
  const log = new MemoryLog()
  const stops: StopVerdict[] = []
  const publisher = new Publisher(log, () => {})
  const writer = publisher.writer('job_a', 1, 1, (verdict) => stops.push(verdict))
  return { log, stops, publisher, writer }
}

describe('the publisher', () => {
  it('sends what one step wrote for several jobs in one command', async () => {
    const { log, publisher, writer } = setUp()
    const other = publisher.writer('job_b', 1, 1, () => {})
    writer.write(token('a'))
    other.write(token('b'))
    await Promise.all([writer.drained(), other.drained()])
    expect(log.commands.map((appends) => appends.map(({ id }) => id))).toEqual([['job_a', 'job_b']])
  })

  it('sends a step of very many jobs in several commands, and what one of them failed to write once more', async () => {
    const { log, publisher } = setUp()
    const ids = Array.from({ length: 40 }, (_, index) => `job_${index}`)
    const writers = ids.map((id) => publisher.writer(id, 1, 1, () => {}))
    log.next = () => new Error('Connection is closed')
    for (const writer of writers) writer.write(token('a'))
    await Promise.all(writers.map((writer) => writer.drained()))
    expect(log.commands.map((appends) => appends.length)).toEqual([16, 16, 8, 16])
    const sent = log.commands.slice(1).flatMap((appends) => appends.map(({ id }) => id))
    expect(new Set(sent)).toEqual(new Set(ids))
    expect(ids.map((id) => log.texts(id))).toEqual(ids.map(() => ['a']))
  })

  it('sends again from where the log ends when Redis has lost events', async () => {
    const { log, writer } = setUp()
    writer.write(token('a'), token('b'))
    await writer.drained()
    log.texts().pop()
    log.next = () => ({ lastSeq: 1, verdict: 'gap' })
    writer.write(token('c'))
    await writer.drained()
    expect(log.texts()).toEqual(['a', 'b', 'c'])
  })

  it('gives up where Redis has lost what an earlier attempt wrote: only a new attempt can write that again', async () => {
    const { log, stops, publisher } = setUp()
    const later = publisher.writer('job_a', 2, 10, (verdict) => stops.push(verdict))
    log.next = () => ({ lastSeq: 7, verdict: 'gap' })
    later.write(token('k'))
    expect(await later.finish(done())).toBe('gap')
    expect(stops).toEqual(['gap'])
  })

  it('has no room for more than 256 events that Redis has not taken', async () => {
    const { log, writer } = setUp()
    log.next = () => new Error('Connection is closed')
    for (let written = 1; written <= 256; written++) {
      expect(writer.room()).toBeNull()
      writer.write(token('a'))
    }
    await writer.room()
    expect(log.texts()).toHaveLength(256)
    expect(writer.room()).toBeNull()
  })

  it('keeps trying while Redis is away', async () => {
    const { log, writer } = setUp()
    log.next = () => new Error('Connection is closed')
    writer.write(token('a'))
    await writer.drained()
    expect(log.texts()).toEqual(['a'])
  })

  it('stops at the first refusal, tells why once, and sends nothing more', async () => {
    const { log, stops, writer } = setUp()
    log.next = () => ({ lastSeq: 0, verdict: 'fenced' })
    writer.write(token('a'))
    await writer.drained()
    writer.write(token('b'))
    expect(await writer.finish(done())).toBe('fenced')
    expect(stops).toEqual(['fenced'])
    expect(log.commands).toHaveLength(1)
  })

  it('is told that a newer attempt has the job, however far that one has come', async () => {
    const { log, stops, writer } = setUp()
    log.next = () => ({ lastSeq: 50, verdict: 'fenced' })
    writer.write(token('a'), token('b'))
    await writer.drained()
    expect(stops).toEqual(['fenced'])
    expect(writer.pending()).toBeNull()
  })

  it('does not take the end that another wrote in its place for success', async () => {
    const { log, stops, writer } = setUp()
    log.next = () => ({ lastSeq: 1, verdict: 'ended' })
    writer.write(token('a'))
    await writer.drained()
    expect(stops).toEqual(['ended'])
  })

  it('puts the end of a stopped job right behind what the log took', async () => {
    const { log, stops, writer } = setUp()
    writer.write(token('a'))
    await writer.drained()
    log.next = () => ({ lastSeq: 1, verdict: 'cancelled' })
    writer.write(token('b'))
    expect(await writer.finish(done('stop', 2))).toBe('cancelled')
    expect(writer.tokensWritten).toBe(1)
    log.next = () => ({ lastSeq: 2, verdict: 'cancelled' })
    expect(await writer.finish(done('cancelled', 1))).toBe('ok')
    expect(log.commands.at(-1)?.[0]).toMatchObject({ firstSeq: 2, events: [{ type: 'done', reason: 'cancelled' }] })
    expect(stops).toEqual(['cancelled'])
  })

  it('takes the reply to a resent end for success', async () => {
    const { log, writer } = setUp()
    log.next = () => ({ lastSeq: 1, verdict: 'ended' })
    expect(await writer.finish(done())).toBe('ok')
  })
})
