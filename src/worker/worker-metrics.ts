// What one worker counts for Prometheus: the engine's work as it goes on, a job's times when it ends.

import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Engine, EngineStats } from '../inference/engine.ts'
import type { NewEvent } from '../stream/events.ts'
import { FleetCounts } from '../stream/fleet-metrics.ts'
import type { Keys } from '../stream/keys.ts'
import type { RedisClient } from '../stream/redis.ts'

/** Sequences that were dropped without an end are forgotten after this long. */
const forgottenMs = 60_000

export class WorkerMetrics {
  readonly #engine: Engine
  readonly #counts = new FleetCounts()
  readonly #delay = monitorEventLoopDelay({ resolution: 10 })
  /** When each running sequence had its last token, by `performance.now()`. */
  readonly #lastToken = new Map<string, number>()
  #before: EngineStats

  constructor(engine: Engine) {
    this.#engine = engine
    this.#before = engine.stats()
    this.#delay.enable()
    engine.onStep((outputs) => {
      const now = performance.now()
      let advanced = 0
      for (const { id, tokens, end } of outputs) {
        const last = this.#lastToken.get(id)
        this.#counts.add('generation_tokens_total', tokens.filter(({ tokenId }) => tokenId !== null).length)
        if (tokens.length > 0) {
          advanced++
          if (last !== undefined) this.#counts.observe('inter_token_latency_seconds', (now - last) / 1000)
          this.#lastToken.set(id, now)
        }
        if (end) this.#lastToken.delete(id)
      }
      if (advanced > 0) this.#counts.observe('batch_size', advanced)
    })
  }

  /** An attempt has opened a job, and is not the first. */
  recovered(): void {
    this.#counts.add('recoveries_total', 1)
  }

  jobEnded(end: NewEvent): void {
    if (end.type === 'error') this.#counts.add('request_failure_total', 1, end.code)
    if (end.type !== 'done') return
    const { queued_ms: queuedMs, ttft_ms: ttftMs, total_ms: totalMs, tokens_per_second: speed } = end.timings
    this.#counts.add('request_success_total', 1, end.reason)
    this.#counts.observe('request_queue_time_seconds', queuedMs / 1000)
    this.#counts.observe('e2e_request_latency_seconds', totalMs / 1000)
    if (ttftMs !== null) this.#counts.observe('time_to_first_token_seconds', ttftMs / 1000)
    if (speed) this.#counts.observe('time_per_output_token_seconds', 1 / speed)
  }

  /** Sends what was counted since the last time. */
  async flush(redis: RedisClient, keys: Keys): Promise<void> {
    const now = this.#engine.stats()
    const since = (name: keyof EngineStats) => Math.max(0, now[name] - this.#before[name])
    this.#counts.add('prompt_tokens_total', since('promptTokens'))
    this.#counts.add('prefix_cache_queries_total', since('promptTokens'))
    this.#counts.add('prefix_cache_hits_total', since('cachedTokens'))
    this.#counts.add('spec_decode_num_draft_tokens_total', since('draftedTokens'))
    this.#counts.add('spec_decode_num_accepted_tokens_total', since('acceptedTokens'))
    this.#counts.add('num_preemptions_total', since('preemptions'))
    this.#counts.add('engine_busy_seconds_total', since('busyMs') / 1000)
    this.#before = now
    for (const [id, at] of this.#lastToken) if (performance.now() - at > forgottenMs) this.#lastToken.delete(id)
    await this.#counts.flush(redis, keys)
  }

  /** The 99th percentile of how late the event loop was, in ms, since it was last asked for. */
  takeEventLoopLag(): number {
    const p99 = this.#delay.percentile(99) / 1e6
    this.#delay.reset()
    return Number.isFinite(p99) ? Math.round(p99 * 10) / 10 : 0
  }

  stop(): void {
    this.#delay.disable()
  }
}
