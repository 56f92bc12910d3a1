// Events and results in the forms that clients see.

import type { StreamEvent, TokenEvent } from '../stream/events.ts'
import type { ServedModel } from './service.ts'

/** One Server-Sent Event. JSON never holds a line break, so one data line is enough. */
export function sseFrame(event: string, data: unknown, id?: number): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}

export function toSse(jobId: string, event: StreamEvent): string {
  return sseFrame(event.type, sseData(jobId, event), event.seq)
}

function sseData(jobId: string, event: StreamEvent): unknown {
  switch (event.type) {
    case 'queued':
      return queuedData(jobId, event.position, event.etaMs)
    case 'stage':
      return { stage: event.stage, counts: event.counts }
    case 'token':
      return { token: event.text, ...(event.logprob && logprobData(event.logprob)) }
    case 'done':
      return doneData(jobId, event)
    case 'error':
      return { error: event.message, code: event.code }
    default:
      return event satisfies never
  }
}

export function queuedData(id: string, position: number, etaMs: number | null) {
  return { id, position, eta_ms: etaMs }
}

export function modelData({ name, precision, maxContext }: ServedModel) {
  return { name, precision, max_context: maxContext }
}

function logprobData({ id, logprob, top }: NonNullable<TokenEvent['logprob']>) {
  return { id, logprob, top }
}

type DoneEvent = Extract<StreamEvent, { type: 'done' }>

function doneData(id: string, event: DoneEvent) {
  return {
    id,
    tokens_generated: event.tokensGenerated,
    finish_reason: event.reason,
    usage: event.usage,
    timings: event.timings,
    model: event.model,
    ...(event.seed !== null && { seed: event.seed }),
    ...event.result,
  }
}

/** The answer of the non-streamed routes: what the stream says, in one object. */
export function resultOf(id: string, kind: 'generate' | 'analyze-log', events: StreamEvent[], end: DoneEvent) {
  const tokens = events.filter((event) => event.type === 'token')
  const text = tokens.map((token) => token.text).join('')
  if (kind === 'analyze-log') return { full_text: text, ...doneData(id, end) }
  const logprobs = tokens.flatMap((token) => (token.logprob ? [token.logprob] : []))
  return { ...doneData(id, end), text, ...(logprobs.length > 0 && { logprobs }) }
}
