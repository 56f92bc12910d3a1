// One attempt at a job, from opening its log to the event that ends it.
//
//              open                      done, error
//   queued ──────────────▶ active ────────────────────▶ completed | failed | cancelled
//     ▲                      │                               ▲
//     │  hand back           │  (the process dies: the       │
//     └──────────────────────┘   lock lapses, another opens) │
//     └──────────────── DELETE before any worker ────────────┘
//
// What an attempt may do to the log is decided by the log: after a refusal other than a stop it writes nothing more.

import { type AppError, toAppError } from '../errors.ts'
import type { NewEvent } from '../stream/events.ts'
import type { WorkerRef } from '../stream/job-record.ts'
import type { JobStore, Opened } from '../stream/job-store.ts'
import { parsePayload } from '../stream/payload.ts'
import type { JobWriter, Publisher, StopVerdict } from '../stream/publisher.ts'
import { analyze } from './analyze.ts'
import type { EngineSequences } from './engine-sequences.ts'
import { generate } from './generate.ts'
import { JobClock } from './job-clock.ts'
import { deliveredTokens, type JobContext, usageOf } from './processor.ts'

export interface AttemptInput {
  id: string
  /** 1 for the first; every later one fences the earlier. */
  attempt: number
  /** As BullMQ has it: unchecked. */
  data: unknown
  /** Aborts when the worker shuts down and wants its jobs back in line. */
  shutdown: AbortSignal
  /** Aborts when somebody asked for the job to stop; the log says so too, a little later. */
  cancelled: AbortSignal
}

export interface AttemptDeps {
  store: JobStore
  publisher: Publisher
  sequences: EngineSequences
  worker: WorkerRef
  model: string
}

/** `ended`: the job is over. `handed-back`: another attempt is to be made. `lost`: a newer attempt has the job. */
export type AttemptOutcome = 'ended' | 'handed-back' | 'lost'

type OpenedJob = Extract<Opened, { record: unknown }>

/** Never throws for anything that is wrong with the job: that becomes its `error` event. */
export async function attemptJob(input: AttemptInput, deps: AttemptDeps): Promise<AttemptOutcome> {
  const { id, attempt } = input
  const { store, publisher } = deps
  const opened = await store.open(id, attempt, deps.worker)
  // A job without a record has expired or was never admitted; nobody can be waiting for it.
  if (!('record' in opened)) return opened.verdict === 'fenced' ? 'lost' : 'ended'

  const refused = new AbortController()
  const writer = publisher.writer(id, attempt, opened.lastSeq + 1, (verdict) => refused.abort(verdict))
  try {
    const clock = new JobClock(opened.record, opened.now)
    const signal = AbortSignal.any([refused.signal, input.shutdown, input.cancelled])
    const end = await work(input, deps, opened, writer, clock, signal)
    if (end === 'hand-back') {
      await writer.drained()
      await store.handBack(id, attempt, input.shutdown.aborted)
      return 'handed-back'
    }
    return await finish(writer, end, () => cancelledEnd(opened, writer, clock, deps.model))
  } finally {
    publisher.release(writer)
  }
}

/** Does the job's work. @returns its end; null when it was stopped from outside; or the wish for another attempt */
async function work(
  input: AttemptInput,
  deps: AttemptDeps,
  opened: OpenedJob,
  writer: JobWriter,
  clock: JobClock,
  signal: AbortSignal,
): Promise<NewEvent | null | 'hand-back'> {
  if (opened.verdict === 'cancelled' || opened.verdict === 'abandoned') return null
  if (opened.verdict === 'poisoned') {
    return { type: 'error', code: 'poisoned', message: 'three attempts in a row ended before they produced anything' }
  }
  const context: JobContext = {
    id: input.id,
    record: opened.record,
    events: opened.events,
    write: (event) => writer.write(event),
    signal,
    clock,
    sequences: deps.sequences,
    model: deps.model,
  }
  try {
    const payload = parsePayload(input.id, input.data)
    const end = payload.kind === 'generate' ? await generate(payload.request, context) : await analyze(payload, context)
    if (end === null && input.shutdown.aborted) return 'hand-back'
    return end
  } catch (thrown) {
    const error = toAppError(thrown, 'engine_failed')
    return error.code === 'engine_crashed' ? 'hand-back' : errorEnd(error)
  }
}

/** Writes the end; where the job was stopped instead, writes that. */
async function finish(
  writer: JobWriter,
  end: NewEvent | null,
  cancelled: () => NewEvent,
): Promise<Extract<AttemptOutcome, 'ended' | 'lost'>> {
  if (end === null) await writer.drained()
  let verdict: 'ok' | StopVerdict = await writer.finish(end ?? cancelled())
  if (verdict === 'cancelled' || verdict === 'abandoned') verdict = await writer.finish(cancelled())
  return verdict === 'fenced' ? 'lost' : 'ended'
}

function cancelledEnd(opened: OpenedJob, writer: JobWriter, clock: JobClock, model: string): NewEvent {
  const tokens = deliveredTokens(opened.events).length + writer.tokensWritten
  return {
    type: 'done',
    reason: 'cancelled',
    tokensGenerated: tokens,
    usage: usageOf(opened.record.prompt_tokens, tokens),
    timings: clock.timings(tokens),
    model,
    seed: null,
  }
}

function errorEnd(error: AppError): NewEvent {
  return { type: 'error', code: error.code, message: error.message }
}
