// Events on their way into and out of Redis: the log's entries and the channel's messages.

import { z } from 'zod'
import { AppError } from '../errors.ts'
import { isTerminal, type StreamEvent, streamEventSchema } from './events.ts'
import { parseStoredJson } from './stored.ts'

const messageSchema = z.array(streamEventSchema)

/** One entry of the log as Redis returns it: `[id, ['e', json]]`, with id `1-<seq + 1>`. */
export type LogEntry = [id: string, fields: string[]]

/** How `append` is to treat an event: counted as a generated token, plain, or as one of the three ends. */
export function appendKind(event: Omit<StreamEvent, 'seq'> & Pick<StreamEvent, 'type'>): string {
  const known = event as StreamEvent
  switch (known.type) {
    case 'token':
      return known.tokenId === null ? 'other' : 'token'
    case 'done':
      return known.reason === 'cancelled' ? 'cancelled' : 'completed'
    case 'error':
      return 'failed'
    case 'queued':
    case 'stage':
      return 'other'
    default:
      return known satisfies never
  }
}

/**
 * The events of log entries, in order.
 * @throws AppError `damaged_job` where an entry is not an event or its seq is not the one its place demands
 */
export function parseLog(id: string, entries: LogEntry[], firstSeq: number): StreamEvent[] {
  return entries.map(([entryId, fields], index) => {
    const event = parseStoredJson(streamEventSchema, fields[1] ?? '', `entry ${entryId} of the log of job ${id}`)
    if (fields[0] !== 'e' || event.seq !== firstSeq + index || entryId !== `1-${event.seq + 1}`) {
      throw new AppError('damaged_job', `the log of job ${id} is damaged at entry ${entryId}`)
    }
    return event
  })
}

/** The events of one message on the job's channel. @throws AppError `damaged_job` */
export function parseMessage(id: string, message: string): StreamEvent[] {
  return parseStoredJson(messageSchema, message, `a message on the channel of job ${id}`)
}

/** What a finished or unfinished log says as a whole: the joined text, and the end if there is one. */
export function summarize(events: StreamEvent[]): { text: string; end: ReturnType<typeof lastTerminal> } {
  let text = ''
  for (const event of events) if (event.type === 'token') text += event.text
  return { text, end: lastTerminal(events) }
}

function lastTerminal(events: StreamEvent[]) {
  const last = events.at(-1)
  return last && isTerminal(last) ? last : null
}
