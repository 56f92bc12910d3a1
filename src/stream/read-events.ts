// Reading a job's events: each exactly once, in order, ended by the terminal one, whatever happens in between.
//
// Subscribe first, then read the log: an event appended in between arrives twice and is dropped once; the other way
// round it would be lost. On a gap, a reconnect or silence the log is read again, for the channel may lose messages.

import { AppError } from '../errors.ts'
import type { EventHub } from './event-hub.ts'
import { parseMessage } from './event-log.ts'
import { isTerminal, type StreamEvent } from './events.ts'
import type { JobStore } from './job-store.ts'
import type { Keys } from './keys.ts'

export interface EventSource {
  hub: EventHub
  store: Pick<JobStore, 'eventsAfter' | 'record'>
  keys: Keys
}

export interface ReadOptions {
  /** The last seq the reader has; -1 for none. One beyond the log's end waits until the log has passed it. */
  afterSeq: number
  signal: AbortSignal
  /** Milliseconds without a message after which the log is read again; while it has nothing new, twice as long each time. */
  silenceMs?: number
}

/**
 * Yields the events after `afterSeq` in small batches. Returns after the terminal one, when the job has ended at or before
 * `afterSeq`, or when the signal aborts.
 * While Redis is away it waits.
 * @throws AppError `not_found` when the job is unknown or has expired, `damaged_job` when its data is not readable
 */
export async function* readEvents(
  { hub, store, keys }: EventSource,
  jobId: string,
  { afterSeq, signal, silenceMs = 5000 }: ReadOptions,
): AsyncGenerator<StreamEvent[], void, undefined> {
  const inbox = new Inbox(signal)
  const leave = await hub.listen(keys.channel(jobId), inbox)
  try {
    let cursor = afterSeq
    let batch = await readLog(store, jobId, cursor, inbox)
    let started = false
    let quietMs = silenceMs
    while (!signal.aborted) {
      const fresh = batch.filter((event) => event.seq > cursor)
      // The cursor is beyond the end.
      if (fresh.length === 0 && batch.some(isTerminal)) return
      if (fresh.length > 0) {
        started = true
        cursor = fresh.at(-1)!.seq
        yield fresh
        if (isTerminal(fresh.at(-1)!)) return
      } else if (!started || inbox.idle) {
        if (await isOver(store, jobId, cursor)) return
        started = true
      }
      quietMs = inbox.idle && fresh.length === 0 ? Math.min(quietMs * 2, silenceMs * longestQuiet) : silenceMs
      const message = await inbox.next(quietMs)
      if (signal.aborted) return
      const heard = message === null ? null : eventsOf(jobId, message)
      batch = heard && (heard[0]?.seq ?? 0) <= cursor + 1 ? heard : await readLog(store, jobId, cursor, inbox)
    }
  } finally {
    leave()
  }
}

/** null for a message that is none of ours: anyone may publish, and the log knows what is true. */
function eventsOf(jobId: string, message: string): StreamEvent[] | null {
  try {
    return parseMessage(jobId, message)
  } catch {
    return null
  }
}

/** The log after a cursor; while Redis is away nothing, for the next silence or reconnect asks again. */
async function readLog(
  store: EventSource['store'],
  jobId: string,
  cursor: number,
  inbox: Inbox,
): Promise<StreamEvent[]> {
  try {
    return await store.eventsAfter(jobId, cursor)
  } catch (error) {
    if (error instanceof AppError) throw error
    inbox.idle = false
    return []
  }
}

/** A reader with nothing to read: is there still anything to wait for? @throws AppError `not_found`, `damaged_job` */
async function isOver(store: EventSource['store'], jobId: string, cursor: number): Promise<boolean> {
  let record: Awaited<ReturnType<JobStore['record']>>
  let lost = false
  try {
    record = await store.record(jobId)
    const ended = record?.ended_at !== undefined
    // It may have ended since the log was read; one that has ended gets no more events.
    if (record && ended && cursor < record.last) lost = (await store.eventsAfter(jobId, cursor)).length === 0
  } catch (error) {
    if (error instanceof AppError) throw error
    return false
  }
  if (!record) throw new AppError('not_found', `job ${jobId} is unknown or has expired`)
  if (lost) throw new AppError('damaged_job', `the log of job ${jobId} has lost what comes after event ${cursor}`)
  return record.ended_at !== undefined && cursor >= record.last
}

/** Times `silenceMs`: thousands of readers of jobs that wait must not ask Redis all the time. */
const longestQuiet = 8
const maxHeldMessages = 1000

/** The channel's messages in order, with a wake-up for gaps and for silence. */
class Inbox {
  readonly #signal: AbortSignal
  readonly #messages: string[] = []
  #gap = false
  #wake: (() => void) | null = null
  /** Whether the last wait ended in silence. */
  idle = false

  constructor(signal: AbortSignal) {
    this.#signal = signal
    signal.addEventListener('abort', () => this.#wake?.(), { once: true })
  }

  onMessage(message: string): void {
    // A reader that doesn't keep up holds little: what it missed is in the log.
    if (this.#messages.length >= maxHeldMessages) {
      this.#messages.length = 0
      this.#gap = true
    } else if (!this.#gap) this.#messages.push(message)
    this.#wake?.()
  }

  onGap(): void {
    this.#gap = true
    this.#wake?.()
  }

  /** The next message; null for "read the log". */
  async next(silenceMs: number): Promise<string | null> {
    if (this.#messages.length === 0 && !this.#gap && !this.#signal.aborted) {
      let timer: NodeJS.Timeout | undefined
      await new Promise<void>((resolve) => {
        this.#wake = resolve
        timer = setTimeout(resolve, silenceMs)
      })
      clearTimeout(timer)
      this.#wake = null
    }
    const message = this.#messages.shift() ?? null
    this.idle = message === null
    if (message === null) this.#gap = false
    return message
  }
}
