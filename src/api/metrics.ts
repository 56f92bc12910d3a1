// Prometheus metrics of one API process. Names follow vLLM's where it has them.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { StreamEvent } from '../stream/events.ts'
import type { QueueWatch } from './queue-watch.ts'
import type { Readers } from './readers.ts'

export class ApiMetrics {
  readonly registry = new Registry()
  readonly #ttft: Histogram
  readonly #interToken: Histogram
  readonly #tokens: Counter
  readonly #finished: Counter<'reason'>
  readonly #submitted: Counter<'kind'>
  readonly #refused: Counter<'code'>
  readonly #requests: Counter<'method' | 'route' | 'status'>

  constructor(watch: QueueWatch, readers: Readers) {
    const registers = [this.registry]
    collectDefaultMetrics({ register: this.registry })
    this.#ttft = new Histogram({
      name: 'workflowai_time_to_first_token_seconds',
      help: 'From the start of the response to the first token, of streams that were read from their start',
      buckets: [0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2],
      registers,
    })
    this.#interToken = new Histogram({
      name: 'workflowai_inter_token_latency_seconds',
      help: 'Between two token events of a stream as they arrive here',
      buckets: [0.002, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28],
      registers,
    })
    this.#tokens = new Counter({ name: 'workflowai_generation_tokens_total', help: 'Token events sent', registers })
    this.#finished = new Counter({
      name: 'workflowai_streams_ended_total',
      help: 'Streams read to their end, by finish reason or error code',
      labelNames: ['reason'],
      registers,
    })
    this.#submitted = new Counter({
      name: 'workflowai_jobs_submitted_total',
      help: 'Jobs admitted by this process',
      labelNames: ['kind'],
      registers,
    })
    this.#refused = new Counter({
      name: 'workflowai_requests_refused_total',
      help: 'Requests answered with an error, by code',
      labelNames: ['code'],
      registers,
    })
    this.#requests = new Counter({
      name: 'workflowai_http_requests_total',
      help: 'HTTP requests by route and status',
      labelNames: ['method', 'route', 'status'],
      registers,
    })
    this.#gauge('workflowai_num_requests_waiting', 'Jobs that no worker has taken', () => watch.state.waiting)
    this.#gauge('workflowai_jobs_admitted', 'Jobs waiting or running', () => watch.state.admitted)
    this.#gauge('workflowai_prompt_tokens_admitted', 'Their prompt tokens', () => watch.state.promptTokens)
    this.#gauge('workflowai_workers', 'Workers that can serve', () => watch.serving.length)
    this.#gauge('workflowai_slots', 'Sequences all workers can run at once', () =>
      watch.serving.reduce((sum, worker) => sum + worker.slots, 0),
    )
    this.#gauge('workflowai_num_requests_running', 'Jobs that workers hold', () =>
      watch.serving.reduce((sum, worker) => sum + worker.jobs, 0),
    )
    // Sums over the live workers: they fall when one leaves, so they are gauges.
    const sum = (key: 'prompt_tokens' | 'cached_tokens' | 'drafted_tokens' | 'accepted_tokens' | 'preemptions') =>
      watch.serving.reduce((total, worker) => total + worker.engine[key], 0)
    this.#gauge('workflowai_prefix_cache_queries', 'Prompt tokens looked up for reuse', () => sum('prompt_tokens'))
    this.#gauge('workflowai_prefix_cache_hits', 'Prompt tokens reused instead of computed', () => sum('cached_tokens'))
    this.#gauge('workflowai_spec_decode_num_draft_tokens', 'Tokens guessed by drafting', () => sum('drafted_tokens'))
    this.#gauge('workflowai_spec_decode_num_accepted_tokens', 'Of them, those kept', () => sum('accepted_tokens'))
    this.#gauge('workflowai_num_preemptions', 'Sequences put back to wait', () => sum('preemptions'))
    this.#gauge('workflowai_readers', 'Open responses that follow a job', () => readers.count)
  }

  jobSubmitted(kind: string): void {
    this.#submitted.inc({ kind })
  }

  requestRefused(code: string): void {
    this.#refused.inc({ code })
  }

  requestEnded(method: string, route: string, status: number): void {
    this.#requests.inc({ method, route, status })
  }

  /** Times one stream as its events pass. */
  followStream(): { observe(event: StreamEvent): void; failed(code: string): void; end(): void } {
    const startedAt = performance.now()
    let fromStart = false
    let lastTokenAt: number | null = null
    let reason = 'left'
    return {
      observe: (event) => {
        const now = performance.now()
        if (event.seq === 0) fromStart = true
        if (event.type === 'token') {
          this.#tokens.inc()
          if (lastTokenAt !== null) this.#interToken.observe((now - lastTokenAt) / 1000)
          else if (fromStart) this.#ttft.observe((now - startedAt) / 1000)
          lastTokenAt = now
        }
        if (event.type === 'done') reason = event.reason
        if (event.type === 'error') reason = event.code
      },
      failed: (code) => {
        reason = code
      },
      end: () => this.#finished.inc({ reason }),
    }
  }

  #gauge(name: string, help: string, value: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      collect() {
        this.set(value())
      },
    })
  }
}
