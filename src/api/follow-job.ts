// Answering with a job's events: as a stream, or as one object when it has ended.

import { setMaxListeners } from 'node:events'
import type { Request, Response } from 'express'
import { AppError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import type { StreamEvent } from '../stream/events.ts'
import { isTerminal } from '../stream/events.ts'
import type { JobKind } from '../stream/job-record.ts'
import { type EventSource, readEvents } from '../stream/read-events.ts'
import { errorBody, fromThrown } from './http-error.ts'
import type { ApiMetrics } from './metrics.ts'
import type { Reader, Readers } from './readers.ts'
import { SseResponse } from './sse-response.ts'
import { show } from './validation.ts'
import { queuedData, resultOf, sseFrame, toSse } from './wire.ts'

/** One for each choice of an answer, and for each answer that waits on the same connection; more would be a leak. */
const mostListeners = 150

export interface FollowDeps {
  source: EventSource
  readers: Readers
  metrics: ApiMetrics
  logger: Logger
  /** Aborts when this process shuts down: its clients go on at another one. */
  shutdown: AbortSignal
}

/**
 * Follows a job for one response, which is a reader in the sense of the lease until it closes.
 * An API has thousands of these that wait: what each of them holds is counted in bytes, here and in SseResponse.
 */
export function attach(
  id: string,
  response: Response,
  deps: FollowDeps,
  onPosition: Reader['onPosition'],
): { reader: Reader & { waiting: boolean }; signal: AbortSignal; detach(): void } {
  const left = new AbortController()
  // The response, never the request: a POST's request closes when its body has been read. And the socket: a response that
  // waits for one before it on the same connection never closes when that connection breaks.
  const { socket } = response.req
  setMaxListeners(mostListeners, response, socket)
  const leave = () => {
    socket.off('close', leave)
    detach()
    left.abort()
  }
  const reader = { waiting: false, onPosition, leave }
  const detach = deps.readers.attach(id, reader)
  socket.on('close', leave)
  response.on('close', leave)
  if (response.destroyed || socket.destroyed || deps.shutdown.aborted) leave()
  return { reader, signal: left.signal, detach }
}

/**
 * Sends the head of a stream and goes on alone with the events after `afterSeq`; what goes wrong then is an `error` event.
 * The handler that calls it is done: Express would hold its whole chain of handlers, some kilobytes, until the stream ends.
 */
export function streamJob(id: string, afterSeq: number, response: Response, deps: FollowDeps): void {
  const sse = new SseResponse(response, id)
  // Not deleted: an object that lost a property is a hash table from then on, of some kilobytes.
  response.req.next = undefined
  void stream(id, afterSeq, response, sse, deps)
}

/** Never rejects. */
async function stream(id: string, afterSeq: number, response: Response, sse: SseResponse, deps: FollowDeps) {
  let lastPosition: number | null = null
  const { reader, signal, detach } = attach(id, response, deps, (position, etaMs) => {
    if (position === lastPosition) return
    lastPosition = position
    sse.offer(sseFrame('queued', queuedData(id, position, etaMs)))
  })
  // Who comes back has the job's first event; to others nothing comes before it.
  reader.waiting = afterSeq >= 0
  const timer = deps.metrics.followStream()
  let ended = false
  try {
    for await (const events of readEvents(deps.source, id, { afterSeq, signal })) {
      for (const event of events) {
        reader.waiting = event.type === 'queued'
        if (event.type === 'queued') lastPosition = event.position
        timer.observe(event)
        ended ||= isTerminal(event)
      }
      if (!(await sse.write(events.map((event) => toSse(id, event)).join('')))) break
    }
  } catch (thrown) {
    const error = fromThrown(thrown)
    timer.failed(error.code)
    if (error.code === 'internal') deps.logger.error({ err: error, job: id }, 'a stream failed')
    const { code, message } = errorBody(error).error
    ended = await sse.write(sseFrame('error', { error: message, code }))
  } finally {
    timer.end()
    detach()
    // A stream that is cut off before its end must not look complete: the client sees a broken transfer, and resumes.
    if (ended) sse.end()
    else sse.cut()
  }
}

/** Waits for the job's end and answers with its result. @throws AppError with the reason where the job failed */
export async function answerJob(id: string, kind: JobKind, response: Response, deps: FollowDeps): Promise<void> {
  response.set('X-Job-Id', id)
  const { signal, detach } = attach(id, response, deps, () => {})
  const events: StreamEvent[] = []
  const timer = deps.metrics.followStream()
  try {
    for await (const batch of readEvents(deps.source, id, { afterSeq: -1, signal })) {
      for (const event of batch) {
        timer.observe(event)
        events.push(event)
      }
    }
  } finally {
    timer.end()
    detach()
  }
  const end = events.at(-1)
  if (!end || !isTerminal(end)) {
    if (response.destroyed) return
    throw new AppError('unavailable', `the service is shutting down; read the job at /jobs/${id}`)
  }
  if (end.type === 'error') throw new AppError(end.code as AppError['code'], end.message)
  response.json(resultOf(id, kind, events, end))
}

/** The seq after which a client wants to go on: from `Last-Event-ID`, else `?starting_after=`; -1 for the start. */
export function startingPoint(request: Request): number {
  const header = eventId(request.get('Last-Event-ID'), 'Last-Event-ID', 'invalid_header')
  // A page that reconnects sends both: what it has seen, and where it began.
  const query = eventId(request.query.starting_after, 'starting_after', 'malformed')
  return header ?? query ?? -1
}

function eventId(value: unknown, field: string, code: 'invalid_header' | 'malformed'): number | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'string' && /^(-1|\d{1,15})$/.test(value)) return Number(value)
  const message = `${field} is ${show(value)}; allowed: a whole number from -1, the id of an event`
  throw new AppError(code, message, { field })
}
