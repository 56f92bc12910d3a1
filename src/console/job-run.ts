// One job as a page shows it: followed from its first event, whoever started it and whenever.

import { WorkflowError } from '../client/errors.ts'
import type { Analysis, JobEvent } from '../client/types.ts'
import { jobClient } from './service.ts'

export type RunState = 'starting' | 'queued' | 'running' | 'ended' | 'stopped' | 'failed'

export const isOver = (state: RunState): boolean => state === 'ended' || state === 'stopped' || state === 'failed'

/** What the end of a job says: usage, timings, and the analysis of one. */
export type RunEnd = Extract<JobEvent, { type: 'done' }> & { analysis?: Analysis | undefined }

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

  /** Never rejects. */
  async follow(): Promise<void> {
    const { signal } = this.#left
    const client = jobClient((connected) => this.#listener.connection(connected))
    try {
      for await (const event of client.jobs.follow(this.id, { signal })) this.#take(event)
    } catch (thrown) {
      if (!signal.aborted) this.#listener.state('failed', reasonOf(thrown))
    }
  }

  #take(event: JobEvent): void {
    switch (event.type) {
      case 'queued':
        this.#listener.state('queued', waiting(event.position, event.eta_ms))
        break
      case 'stage':
        this.#listener.state('running', event.stage)
        this.#listener.stage?.(event.stage, event.counts)
        break
      case 'token':
        this.#token(event.token)
        break
      case 'done':
        if (event.finish_reason === 'cancelled') this.#listener.state('stopped', '')
        else this.#listener.state('ended', event.finish_reason)
        this.#listener.end(event)
        break
      default:
        event satisfies never
    }
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

function reasonOf(thrown: unknown): string {
  if (thrown instanceof WorkflowError && thrown.status === 404) return 'This job is unknown here, or it has expired.'
  return thrown instanceof Error ? thrown.message : String(thrown)
}

function waiting(position: number, etaMs: number | null): string {
  const eta = etaMs === null || etaMs < 500 ? '' : `, about ${Math.ceil(etaMs / 1000)} s`
  return `number ${position} in line${eta}`
}
