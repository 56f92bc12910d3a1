// What a worker tells of itself, once a second: others see it by its last heartbeat, and its counts go the same way.

import { toAppError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import type { WorkerRef } from '../stream/job-record.ts'
import type { Keys } from '../stream/keys.ts'
import type { RedisClient } from '../stream/redis.ts'
import { heartbeatIntervalMs, type WorkerRegistry } from '../stream/worker-registry.ts'
import type { CrashingEngine } from './engine-sequences.ts'
import type { WorkerMetrics } from './worker-metrics.ts'

interface HeartbeatDeps {
  redis: RedisClient
  keys: Keys
  registry: WorkerRegistry
  logger: Logger
}

export class Heartbeat {
  readonly #worker: WorkerRef
  readonly #engine: CrashingEngine
  readonly #metrics: WorkerMetrics
  readonly #deps: HeartbeatDeps
  readonly #startedAt = Date.now()
  #timer: NodeJS.Timeout | undefined
  #beating = false

  constructor(worker: WorkerRef, engine: CrashingEngine, metrics: WorkerMetrics, deps: HeartbeatDeps) {
    this.#worker = worker
    this.#engine = engine
    this.#metrics = metrics
    this.#deps = deps
  }

  /** Resolves when Redis has answered the first one: unless it was refused, the worker is seen from then on. */
  async start(): Promise<void> {
    await this.#tryBeat()
    this.#timer = setInterval(() => void this.#tryBeat(), heartbeatIntervalMs)
  }

  /** Where Redis refuses it the worker goes on; while Redis is away one waits, and no others behind it. */
  async #tryBeat(): Promise<void> {
    if (this.#beating) return
    this.#beating = true
    try {
      await this.#beat()
    } catch (thrown) {
      this.#deps.logger.warn({ err: toAppError(thrown) }, 'could not send the heartbeat')
    }
    this.#beating = false
  }

  /** The worker is gone for all others. Never rejects; while Redis is away it does not resolve, and the heartbeat expires. */
  async stop(): Promise<void> {
    const { redis, keys, registry } = this.#deps
    clearInterval(this.#timer)
    this.#metrics.stop()
    const warn = (thrown: unknown) => this.#deps.logger.warn({ err: toAppError(thrown) }, 'could not say goodbye')
    await this.#metrics.flush(redis, keys).catch(warn)
    await registry.leave(this.#worker.id).catch(warn)
  }

  async #beat(): Promise<void> {
    const { redis, keys, registry } = this.#deps
    const { model, precision, slots, threads, maxContext } = this.#engine.info
    const stats = this.#engine.stats()
    await registry.beat({
      ...this.#worker,
      ...{ model, precision, slots, threads, max_context: maxContext },
      ...{ started_at: this.#startedAt, ready: this.#engine.ready },
      event_loop_lag_ms: this.#metrics.takeEventLoopLag(),
      engine: {
        ...{ running: stats.running, waiting: stats.waiting, steps: stats.steps, preemptions: stats.preemptions },
        ...{ prefill_tokens: stats.prefillTokens, decode_tokens: stats.decodeTokens },
        ...{ prompt_tokens: stats.promptTokens, cached_tokens: stats.cachedTokens },
        ...{ drafted_tokens: stats.draftedTokens, accepted_tokens: stats.acceptedTokens },
        busy_ms: Math.round(stats.busyMs),
        kv_tokens: stats.kvTokens,
      },
    })
    await this.#metrics.flush(redis, keys)
  }
}
