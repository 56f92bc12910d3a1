// Prometheus metrics: what this API process has done, what it knows of the queue, and what the workers have counted
// together. Only the first differs between API processes.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { StreamEvent } from '../stream/events.ts'
import type { QueueWatch } from './queue-watch.ts'
import type { Readers } from './readers.ts'

/** Node accepts some 30 more; labels are few. */
const countedMethods = new Set(['GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS'])

export class ApiMetrics {
  readonly registry = new Registry()
  readonly #ttft: Histogram
  readonly #interToken: Histogram
  readonly #tokens: Counter
  readonly #finished: Counter<'reason'>
  readonly #submitted: Counter<'kind'>
  readonly #refused: Counter<'reason'>
  readonly #requests: Counter<'method' | 'route' | 'status'>

  readonly #fleet: () => Promise<string>

  /** @param fleet what the workers have counted, as text */
  constructor(watch: QueueWatch, readers: Readers, fleet: () => Promise<string>) {
    this.#fleet = fleet
    const registers = [this.registry]
    collectDefaultMetrics({ register: this.registry })
    this.#ttft = new Histogram({
      name: 'workflowai:stream_time_to_first_token_seconds',
      help: 'From the start of the response to the first token, of streams that were read from their start',
      buckets: [0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2],
      registers,
    })
    this.#interToken = new Histogram({
      name: 'workflowai:stream_inter_token_latency_seconds',
      help: 'Between two token events of a stream as they arrive here',
      buckets: [0.002, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28],
      registers,
    })
    this.#tokens = new Counter({
      name: 'workflowai:stream_tokens_total',
      help: 'Token events sent to readers',
      registers,
    })
    this.#finished = new Counter({
      name: 'workflowai:streams_ended_total',
      help: 'Streams read to their end, by finish reason or error code',
      labelNames: ['reason'],
      registers,
    })
    this.#submitted = new Counter({
      name: 'workflowai:jobs_submitted_total',
      help: 'Jobs admitted by this process',
      labelNames: ['kind'],
      registers,
    })
    this.#refused = new Counter({
      name: 'workflowai:refusals_total',
      help: 'Requests answered with an error, by code',
      labelNames: ['reason'],
      registers,
    })
    this.#requests = new Counter({
      name: 'workflowai:http_requests_total',
      help: 'HTTP requests by route and status',
      labelNames: ['method', 'route', 'status'],
      registers,
    })
    this.#gauge('workflowai:num_requests_waiting', 'Jobs that no worker has taken', () => watch.state.waiting)
    this.#gauge('workflowai:jobs_admitted', 'Jobs waiting or running', () => watch.state.admitted)
    this.#gauge('workflowai:prompt_tokens_admitted', 'Their prompt tokens', () => watch.state.promptTokens)
    this.#gauge('workflowai:workers', 'Workers that can serve', () => watch.serving.length)
    this.#gauge('workflowai:slots', 'Sequences all workers can run at once', () =>
      watch.serving.reduce((sum, worker) => sum + worker.slots, 0),
    )
    this.#gauge('workflowai:num_requests_running', 'Jobs that workers hold', () =>
      watch.serving.reduce((sum, worker) => sum + worker.jobs, 0),
    )
    this.#gauge('workflowai:kv_cache_usage_perc', 'Share of the KV cache that running sequences hold, 0 to 1', () => {
      const size = watch.serving.reduce((total, { slots, max_context }) => total + slots * max_context, 0)
      return size === 0 ? 0 : watch.serving.reduce((total, { engine }) => total + engine.kv_tokens, 0) / size
    })
    this.#gauge(
      'workflowai:worker_event_loop_lag_seconds',
      'The largest p99 of any worker in its last second',
      () => watch.serving.reduce((worst, { event_loop_lag_ms }) => Math.max(worst, event_loop_lag_ms), 0) / 1000,
    )
    this.#gauge('workflowai:readers', 'Open responses that follow a job', () => readers.count)
  }

  /** In Prometheus's text format. While Redis is away what the workers have counted is missing. */
  async text(): Promise<string> {
    return (await this.registry.metrics()) + (await this.#fleet().catch(() => ''))
  }

  jobSubmitted(kind: string): void {
    this.#submitted.inc({ kind })
  }

  requestRefused(code: string): void {
    this.#refused.inc({ reason: code })
  }

  requestEnded(method: string, route: string, status: number): void {
    this.#requests.inc({ method: countedMethods.has(method) ? method : 'other', route, status })
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
