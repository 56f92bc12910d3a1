// What an attempt gives to the code that does a job's work: the job so far, and the way on.

import { AppError } from '../errors.ts'
import type { GeneratedToken, SequenceEnd, SequenceRequest } from '../inference/engine.ts'
import type { KnowledgeBase } from '../knowledge/knowledge-base.ts'
import type { Logger } from '../logger.ts'
import type { NewEvent, StreamEvent } from '../stream/events.ts'
import type { JobRecord } from '../stream/job-record.ts'
import type { EngineSequences } from './engine-sequences.ts'
import type { JobClock } from './job-clock.ts'

export interface JobContext {
  /** Of the engine's sequence; one an attempt. */
  sequenceId: string
  record: JobRecord
  /** What earlier attempts have written. */
  events: StreamEvent[]
  /** Queues an event for the log and the readers. */
  write(event: NewEvent): void
  /** null: more can be written; else too much waits for Redis, and this resolves when it has it. */
  room(): Promise<void> | null
  /** Aborts when the job's events are no longer wanted, or the worker gives the attempt up. */
  signal: AbortSignal
  clock: JobClock
  sequences: EngineSequences
  knowledge: KnowledgeBase
  model: string
  logger: Logger
}

/** Ids of the tokens that earlier attempts have delivered. */
export function deliveredTokens(events: StreamEvent[]): number[] {
  return events.flatMap((event) => (event.type === 'token' && event.tokenId !== null ? [event.tokenId] : []))
}

/** Whether an earlier attempt got as far as the text that was held back until the end: it follows the generated tokens. */
function heldTextDelivered(events: StreamEvent[]): boolean {
  const tokens = events.filter((event) => event.type === 'token')
  return tokens.some(({ tokenId }, index) => tokenId === null && tokens[index - 1]?.tokenId != null)
}

/**
 * Runs a sequence behind what earlier attempts have delivered: new tokens one by one, then the end. Ends without one
 * when the signal aborts.
 * @throws AppError with the reason where the sequence fails; `engine_crashed` where another worker may succeed
 */
export async function* runSequence(
  context: JobContext,
  sequence: SequenceRequest,
  signal: AbortSignal,
): AsyncGenerator<GeneratedToken | Extract<SequenceEnd, { kind: 'finished' }>> {
  const heldDelivered = heldTextDelivered(context.events)
  for await (const { tokens, end } of context.sequences.run(sequence, signal, context)) {
    for (const token of tokens) if (token.tokenId !== null || !heldDelivered) yield token
    if (end?.kind === 'failed') throw new AppError(end.code, end.message)
    if (end) yield end
  }
}
