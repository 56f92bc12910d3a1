// One attempt at a job, from opening its log to the event that ends it. What it may do to the log is decided by the log:
// after a refusal other than a stop it writes nothing more.

import { AppError, toAppError } from '../errors.ts'
import type { KnowledgeBase } from '../knowledge/knowledge-base.ts'
import type { Logger } from '../logger.ts'
import { cancelledEnd } from '../stream/ends.ts'
import type { NewEvent } from '../stream/events.ts'
import type { WorkerRef } from '../stream/job-record.ts'
import type { JobStore, Opened } from '../stream/job-store.ts'
import type { JobWriter, StopVerdict } from '../stream/job-writer.ts'
import { parsePayload } from '../stream/payload.ts'
import type { Publisher } from '../stream/publisher.ts'
import type { Tracing } from '../tracing.ts'
import { analyze } from './analyze.ts'
import { AttemptTrace } from './attempt-trace.ts'
import type { EngineSequences } from './engine-sequences.ts'
import { generate } from './generate.ts'
import { JobClock } from './job-clock.ts'
import { deliveredTokens, type JobContext } from './job-context.ts'
import type { WorkerMetrics } from './worker-metrics.ts'

/**
 * Why the worker itself ends an attempt. `shutdown`: it wants its jobs back in line. `cancelled`: somebody asked for the
 * job to stop; the log says so too, a little later. `superseded`: its lock had lapsed, and it has got the job again.
 */
export type StopReason = 'shutdown' | 'cancelled' | 'superseded'

export interface AttemptInput {
  id: string
  /** 1 for the first; every later one fences the earlier. */
  attempt: number
  /** Aborts with a StopReason. */
  stop: AbortSignal
}

export interface AttemptDeps {
  store: JobStore
  publisher: Publisher
  sequences: EngineSequences
  knowledge: KnowledgeBase
  worker: WorkerRef
  model: string
  metrics: WorkerMetrics
  tracing: Tracing
  logger: Logger
}

/** `ended`: the job is over. `handed-back`: another attempt is to be made. `lost`: a newer attempt has the job. */
export type AttemptOutcome = 'ended' | 'handed-back' | 'lost'

type OpenedJob = Extract<Opened, { record: unknown }>

/** How the work on a job came to its end. */
type Outcome =
  | { kind: 'end'; event: NewEvent }
  /** From outside: by its readers, or by a deadline that the log has acted on. */
  | { kind: 'stopped' }
  /** Another attempt is to be made. `blameless`: it is not the job's doing. */
  | { kind: 'hand-back'; blameless: boolean }
  /** This worker has got the job again. */
  | { kind: 'superseded' }

/** The engine ends what is past its deadline; one that has not by now hangs, and the job ends without it. */
const deadlineSlackMs = 2000

/** An attempt that is under way. */
interface Running {
  writer: JobWriter
  clock: JobClock
  trace: AttemptTrace
  /** Aborts when the deadline is long past. */
  late: AbortSignal
  /** Aborts when the job's events are no longer wanted, when it is late, or when the worker gives the attempt up. */
  signal: AbortSignal
}

/** What is wrong with the job becomes its `error` event. Throws only when Redis can't be reached. */
export async function attemptJob(input: AttemptInput, deps: AttemptDeps): Promise<AttemptOutcome> {
  const { id, attempt } = input
  const opened = await openJob(input, deps)
  if (opened === 'damaged') return 'ended'
  // A job without a record has expired or was never admitted; nobody can be waiting for it.
  if (!('record' in opened)) return opened.verdict === 'fenced' ? 'lost' : 'ended'

  if (attempt > 1) deps.metrics.recovered()
  deps.logger.info({ job: id, attempt, id: opened.record.request_id }, 'attempt')
  const trace = new AttemptTrace(deps.tracing, id, attempt, deps.worker.id, opened)
  const refused = new AbortController()
  const writer = deps.publisher.writer(id, attempt, opened.lastSeq + 1, (verdict) => refused.abort(verdict))
  const clock = new JobClock(opened.record, opened.now)
  const late = new AbortController()
  const lateness = setTimeout(() => late.abort(), Math.max(0, clock.msToDeadline) + deadlineSlackMs)
  try {
    const signal = AbortSignal.any([refused.signal, late.signal, input.stop])
    const outcome = await work(input, deps, opened, { writer, clock, trace, late: late.signal, signal })
    if (outcome.kind === 'superseded') return 'lost'
    if (outcome.kind === 'hand-back') {
      await writer.drained()
      return await handBack(input, deps, trace, outcome.blameless)
    }
    const end = outcome.kind === 'end' ? outcome.event : null
    const { verdict, event } = await finish(writer, end, () => stoppedEnd(opened, writer, clock, deps.model))
    if (verdict === 'ok') deps.metrics.jobEnded(event)
    if (verdict === 'gap') return await handBack(input, deps, trace, true)
    trace.ended(verdict, event)
    if (verdict === 'damaged') await endDamaged(id, new Error('its keys hold something else'), deps)
    if (verdict === 'missing') await endDamaged(id, new Error('its record is gone'), deps)
    return verdict === 'fenced' ? 'lost' : 'ended'
  } finally {
    clearTimeout(lateness)
    deps.publisher.release(writer)
    trace.ended('lost')
  }
}

async function handBack(
  { id, attempt }: AttemptInput,
  { store }: AttemptDeps,
  trace: AttemptTrace,
  blameless: boolean,
): Promise<'handed-back'> {
  await store.handBack(id, attempt, blameless)
  trace.ended('handed-back')
  return 'handed-back'
}

async function openJob({ id, attempt }: AttemptInput, deps: AttemptDeps): Promise<Opened | 'damaged'> {
  try {
    return await deps.store.open(id, attempt, deps.worker)
  } catch (thrown) {
    const damaged = toAppError(thrown)
    if (damaged.code !== 'damaged_job' && !isScriptError(thrown as Error)) throw thrown
    await endDamaged(id, damaged, deps)
    return 'damaged'
  }
}

/** A key of the job has another type, or a value that the script can't take. All else is about Redis, not about the job. */
function isScriptError({ name, message }: Error): boolean {
  return name === 'ReplyError' && /^(WRONGTYPE|ERR) /.test(message)
}

/** A job whose data can't be read has no place to continue from; its readers are told, where even that is possible. */
async function endDamaged(id: string, cause: Error, { store, logger }: AttemptDeps): Promise<void> {
  logger.error({ job: id, err: cause }, 'a job is damaged')
  const message = `the job's data in Redis is damaged: ${cause.message}`
  await store.end(id, { type: 'error', code: 'damaged_job', message }, false).catch((error) => {
    logger.error({ job: id, err: error }, 'a damaged job could not be ended')
  })
}

/** Does the job's work. */
async function work(
  input: AttemptInput,
  deps: AttemptDeps,
  opened: OpenedJob,
  { writer, clock, trace, late, signal }: Running,
): Promise<Outcome> {
  if (opened.verdict === 'cancelled' || opened.verdict === 'abandoned') return { kind: 'stopped' }
  if (opened.verdict === 'poisoned') {
    return errorEnd(new AppError('poisoned', 'three attempts in a row ended before they produced anything'))
  }
  const context: JobContext = {
    // A sequence of its own: an older attempt's may still be leaving the engine.
    sequenceId: `${input.id}:${input.attempt}`,
    record: opened.record,
    events: opened.events,
    write: (event) => {
      trace.wrote(event)
      writer.write(event)
    },
    room: () => writer.room(),
    signal,
    clock,
    sequences: deps.sequences,
    knowledge: deps.knowledge,
    model: deps.model,
    logger: deps.logger,
  }
  try {
    const payload = parsePayload(input.id, opened.payload)
    const end = payload.kind === 'generate' ? await generate(payload.request, context) : await analyze(payload, context)
    if (end !== null) return { kind: 'end', event: end }
    if (late.aborted) return errorEnd(new AppError('deadline_exceeded', 'the deadline passed before the end'))
    return input.stop.aborted ? afterStop(input.stop.reason as StopReason) : { kind: 'stopped' }
  } catch (thrown) {
    const error = toAppError(thrown, 'engine_failed')
    // The engine died under it and is not back: whoever is to blame, it may be this job.
    return error.code === 'engine_crashed' ? { kind: 'hand-back', blameless: false } : errorEnd(error)
  }
}

function afterStop(reason: StopReason): Outcome {
  switch (reason) {
    case 'shutdown':
      return { kind: 'hand-back', blameless: true }
    case 'superseded':
      return { kind: 'superseded' }
    case 'cancelled':
      return { kind: 'stopped' }
    default:
      return reason satisfies never
  }
}

/** Writes the end; where the job was stopped instead, writes that. @returns what was written last, and what the log said */
async function finish(
  writer: JobWriter,
  end: NewEvent | null,
  stopped: () => NewEvent,
): Promise<{ verdict: 'ok' | StopVerdict; event: NewEvent }> {
  if (end === null) await writer.drained()
  let event = end ?? stopped()
  let verdict = await writer.finish(event)
  if (verdict === 'cancelled' || verdict === 'abandoned') {
    event = stopped()
    verdict = await writer.finish(event)
  }
  return { verdict, event }
}

function stoppedEnd({ events, record }: OpenedJob, writer: JobWriter, clock: JobClock, model: string): NewEvent {
  const tokens = deliveredTokens(events).length + writer.tokensWritten
  return cancelledEnd(record, tokens, clock.timings(tokens), model)
}

function errorEnd({ code, message }: AppError): Outcome {
  return { kind: 'end', event: { type: 'error', code, message } }
}
