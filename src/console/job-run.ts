// One job as a page shows it: followed from its first event, whoever started it and whenever.

import { follow, type ServerEvent, ServiceError } from './service.ts'

export type RunState = 'starting' | 'queued' | 'running' | 'ended' | 'failed'

export interface RunEnd {
  finish_reason: string
  tokens_generated: number
  usage: { prompt_tokens: number; completion_tokens: number; total_tokens: number; cached_tokens: number }
  timings: { queued_ms: number; ttft_ms: number | null; total_ms: number; tokens_per_second: number | null }
  seed?: number
  model?: string | null
  // biome-ignore lint/suspicious/noExplicitAny: see the OpenAPI document
  analysis?: any
}

export interface RunListener {
  state(state: RunState, detail: string): void
  text(text: string): void
  stage?(stage: string, counts: Record<string, number>): void
  end(end: RunEnd): void
  connection(connected: boolean): void
}

export class JobRun {
  readonly id: string
  readonly #listener: RunListener
  readonly #left = new AbortController()
  #firstTokenAt: number | null = null
  #lastTokenAt = 0
  #tokens = 0

  constructor(id: string, listener: RunListener) {
    this.id = id
    this.#listener = listener
  }

  /** Tokens a second as they arrive here; null before there are two. */
  get tokensPerSecond(): number | null {
    if (this.#firstTokenAt === null || this.#tokens < 2) return null
    return ((this.#tokens - 1) / (this.#lastTokenAt - this.#firstTokenAt)) * 1000
  }

  /** The page has something else to show. The job goes on for its grace. */
  leave(): void {
    this.#left.abort()
  }

  /** @param first a response that streams the job already. Never rejects. */
  async follow(first: Response | null = null): Promise<void> {
    const { signal } = this.#left
    try {
      const path = `/jobs/${this.id}/stream`
      for await (const event of follow(path, signal, (up) => this.#listener.connection(up), first)) this.#take(event)
    } catch (thrown) {
      const gone = thrown instanceof ServiceError && thrown.status === 404
      const message = thrown instanceof Error ? thrown.message : String(thrown)
      this.#listener.state('failed', gone ? 'This job is unknown here, or it has expired.' : message)
    }
  }

  #take({ type, data }: ServerEvent): void {
    if (type === 'queued') this.#listener.state('queued', waiting(data.position, data.eta_ms))
    if (type === 'stage') {
      this.#listener.state('running', data.stage)
      this.#listener.stage?.(data.stage, data.counts)
    }
    if (type === 'token') this.#token(data.token)
    if (type === 'done') {
      this.#listener.state('ended', data.finish_reason)
      this.#listener.end(data)
    }
    if (type === 'error') this.#listener.state('failed', data.error)
  }

  #token(text: string): void {
    this.#lastTokenAt = performance.now()
    if (this.#firstTokenAt === null) {
      this.#firstTokenAt = this.#lastTokenAt
      this.#listener.state('running', '')
    }
    this.#tokens++
    this.#listener.text(text)
  }
}

function waiting(position: number, etaMs: number | null): string {
  const eta = etaMs === null || etaMs < 500 ? '' : `, about ${Math.ceil(etaMs / 1000)} s`
  return `number ${position} in line${eta}`
}
