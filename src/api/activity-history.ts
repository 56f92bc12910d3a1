// How the whole service did over the last minutes, as any API process sees it in the workers' heartbeats.

import type { QueueWatch } from './queue-watch.ts'

const sampleMs = 2000
const keptSamples = 300

export interface ActivitySample {
  /** Milliseconds since the epoch. */
  at: number
  /** Generated tokens a second of all workers together. */
  tokens_per_second: number
  running: number
  waiting: number
}

export class ActivityHistory {
  readonly samples: ActivitySample[] = []
  /** Tokens that each worker had generated at its last heartbeat. */
  #before = new Map<string, number>()
  #timer: NodeJS.Timeout | undefined
  readonly #watch: QueueWatch

  constructor(watch: QueueWatch) {
    this.#watch = watch
  }

  start(): void {
    this.#timer = setInterval(() => this.#sample(), sampleMs)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #sample(): void {
    const { workers, waiting } = this.#watch.state
    const now = new Map(workers.map(({ id, engine }) => [id, engine.decode_tokens]))
    let tokens = 0
    for (const [id, count] of now) tokens += Math.max(0, count - (this.#before.get(id) ?? count))
    this.#before = now
    this.samples.push({
      at: Date.now(),
      tokens_per_second: Math.round((tokens / sampleMs) * 10_000) / 10,
      running: workers.reduce((sum, worker) => sum + worker.jobs, 0),
      waiting,
    })
    if (this.samples.length > keptSamples) this.samples.shift()
  }
}
