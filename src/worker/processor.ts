// What an attempt gives to the code that does a job's work, and what it expects back.

import type { NewEvent, StreamEvent, Usage } from '../stream/events.ts'
import type { JobRecord } from '../stream/job-record.ts'
import type { EngineSequences } from './engine-sequences.ts'
import type { JobClock } from './job-clock.ts'

export interface JobContext {
  id: string
  record: JobRecord
  /** What earlier attempts have written. */
  events: StreamEvent[]
  /** Queues an event for the log and the readers. */
  write(event: NewEvent): void
  /** Aborts when the job's events are no longer wanted, or the worker shuts down. */
  signal: AbortSignal
  clock: JobClock
  sequences: EngineSequences
  model: string
}

/** Ids of the tokens that earlier attempts have delivered. */
export function deliveredTokens(events: StreamEvent[]): number[] {
  return events.flatMap((event) => (event.type === 'token' && event.tokenId !== null ? [event.tokenId] : []))
}

/** Whether an earlier attempt got as far as the text that was held back until the end. */
export function heldTextDelivered(events: StreamEvent[]): boolean {
  return events.some((event) => event.type === 'token' && event.tokenId === null)
}

export function usageOf(promptTokens: number, completionTokens: number, cachedTokens = 0): Usage {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    cached_tokens: cachedTokens,
  }
}
