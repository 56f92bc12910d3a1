// The spans of one attempt: the wait in the queue before the first one, then prefill until the first token and decode
// until the end. Counts and times only.

import type { NewEvent } from '../stream/events.ts'
import type { Opened } from '../stream/job-store.ts'
import type { OpenSpan, Tracing } from '../tracing.ts'

type OpenedJob = Extract<Opened, { record: unknown }>

export class AttemptTrace {
  readonly #tracing: Tracing
  readonly #attempt: OpenSpan
  #phase: OpenSpan
  #tokens = 0
  #ended = false

  constructor(tracing: Tracing, id: string, attempt: number, workerId: string, { record, now }: OpenedJob) {
    this.#tracing = tracing
    const parent = record.trace
    const attributes = { 'workflowai.job_id': id, 'workflowai.request_id': record.request_id }
    if (attempt === 1) {
      // Both by Redis's clock, moved to this machine's.
      const ahead = Date.now() - now
      const startedAt = record.created_at + ahead
      tracing.span('queue', { parent, startedAt, attributes }).end({ endedAt: (record.opened_at ?? now) + ahead })
    }
    const more = { 'workflowai.attempt': attempt, 'workflowai.worker': workerId }
    this.#attempt = tracing.span('attempt', { parent, kind: 'consumer', attributes: { ...attributes, ...more } })
    const prompt = { 'gen_ai.usage.input_tokens': record.prompt_tokens }
    this.#phase = tracing.span('prefill', { parent: this.#attempt.context, attributes: prompt })
  }

  wrote(event: NewEvent): void {
    if (event.type !== 'token' || event.tokenId === null) return
    if (this.#tokens++ > 0) return
    this.#phase.end()
    this.#phase = this.#tracing.span('decode', { parent: this.#attempt.context })
  }

  /** The first call counts. */
  ended(outcome: string, event?: NewEvent): void {
    if (this.#ended) return
    this.#ended = true
    const error = event?.type === 'error' ? event.code : undefined
    if (this.#tokens > 0) this.#phase.set({ 'gen_ai.usage.output_tokens': this.#tokens })
    this.#phase.end({ error })
    const reason = event?.type === 'done' ? event.reason : error
    const usage = event?.type === 'done' ? event.usage : undefined
    this.#attempt.set({
      ...{ 'workflowai.outcome': outcome, 'gen_ai.response.finish_reasons': reason },
      ...{ 'gen_ai.usage.input_tokens': usage?.prompt_tokens, 'gen_ai.usage.output_tokens': usage?.completion_tokens },
      'workflowai.cached_tokens': usage?.cached_tokens,
    })
    this.#attempt.end({ error })
  }
}
