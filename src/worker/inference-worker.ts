// A worker: an engine, the loop that feeds it with jobs, and the heartbeat that lets others see it.

import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Embeddings } from '../embedding/embeddings.ts'
import { CaseStore } from '../knowledge/case-store.ts'
import { KnowledgeBase } from '../knowledge/knowledge-base.ts'
import type { Logger } from '../logger.ts'
import { parseControl } from '../stream/control-channel.ts'
import { EventHub } from '../stream/event-hub.ts'
import { JobStore } from '../stream/job-store.ts'
import { keysOf } from '../stream/keys.ts'
import { Publisher } from '../stream/publisher.ts'
import { JobQueue } from '../stream/queue.ts'
import { closeRedis, connectRedis, waitForRedis } from '../stream/redis.ts'
import { RedisAbsence } from '../stream/redis-absence.ts'
import { SharedKeys } from '../stream/shared-keys.ts'
import { WaitingLine } from '../stream/waiting-line.ts'
import { WorkerRegistry } from '../stream/worker-registry.ts'
import { noTracing, type Tracing } from '../tracing.ts'
import { attemptJob } from './attempt.ts'
import { type CrashingEngine, EngineSequences } from './engine-sequences.ts'
import { Heartbeat } from './heartbeat.ts'
import { JobLoop } from './job-loop.ts'
import { WorkerMetrics } from './worker-metrics.ts'

export interface InferenceWorkerOptions {
  redisUrl: string
  namespace?: string
  /** Ready to take sequences. The worker closes it when it stops. */
  engine: CrashingEngine
  disconnectGraceMs: number
  logger: Logger
  /** Off by default. */
  tracing?: Tracing
  /** To find cases by meaning; none by default. Stays open. */
  embeddings?: Embeddings | null
}

/**
 * For handing jobs over at the end. A Redis that is still away then gets nothing back, and the jobs go on when their locks
 * lapse: of the time that the process has (graceful-exit.ts) some is left to free the engine.
 */
const handOverMs = 5000
const farewellMs = 500

export interface InferenceWorker {
  readonly id: string
  /** Running jobs go back to the line, the engine is freed, nothing stays open. Again: the same. */
  stop(): Promise<void>
}

/** @throws AppError `unavailable` when Redis does not answer in time */
export async function startWorker(options: InferenceWorkerOptions): Promise<InferenceWorker> {
  const { engine, logger, tracing = noTracing, embeddings = null } = options
  const worker = { id: `worker_${randomUUID().slice(0, 8)}`, host: hostname(), pid: process.pid }
  const keys = keysOf(options.namespace)
  const onError = (error: Error) => logger.warn({ err: error }, 'redis connection')
  const redis = connectRedis(options.redisUrl, 'background', onError)
  const subscriber = connectRedis(options.redisUrl, 'subscriber', onError)
  try {
    await Promise.all([waitForRedis(redis), waitForRedis(subscriber)])
  } catch (error) {
    redis.disconnect()
    subscriber.disconnect()
    throw error
  }

  const absence = new RedisAbsence(redis, keys, options.disconnectGraceMs)
  const store = new JobStore(redis, keys, absence)
  const shared = new SharedKeys(redis, keys, (dropped) =>
    logger.error({ keys: dropped }, 'keys of the queue held something else and were dropped'),
  )
  const registry = new WorkerRegistry(redis, keys)
  const publisher = new Publisher(store, (error) => logger.warn({ err: error }, 'could not append events'))
  const metrics = new WorkerMetrics(engine)
  const knowledge = new KnowledgeBase(new CaseStore(redis, keys), {
    vectors: embeddings,
    onError: (error) => logger.warn({ err: error }, 'cases could not be found by meaning'),
  })
  const deps = {
    store,
    publisher,
    sequences: new EngineSequences(engine),
    knowledge,
    worker,
    model: engine.info.model,
    metrics,
    tracing,
    logger,
  }
  const queue = new JobQueue(redis, keys, (error) => logger.warn({ err: error }, 'queue connection'))
  const loop = new JobLoop({
    workerId: worker.id,
    slots: engine.info.slots,
    redis,
    keys,
    registry,
    line: new WaitingLine(redis, keys, queue, shared),
    logger,
    attempt: (input) => attemptJob(input, deps),
    ready: () => engine.ready,
  })

  const heartbeat = new Heartbeat(worker, engine, metrics, { redis, keys, registry, logger })
  await heartbeat.start()

  const hub = new EventHub(subscriber)
  const leaveControl = await hub.listen(keys.control, {
    onMessage: (text) => {
      const message = parseControl(text)
      if (message?.type === 'work') loop.hint()
      if (message?.type === 'cancel') loop.cancel(message.id)
    },
    onGap: () => loop.hint(),
  })
  loop.start()

  const stop = async () => {
    leaveControl()
    await within(handOverMs, loop.stop())
    publisher.close()
    knowledge.stop()
    absence.stop()
    await within(farewellMs, Promise.all([loop.close(), queue.close().catch(() => {}), heartbeat.stop()]))
    await Promise.all([closeRedis(redis), closeRedis(subscriber), engine.close()])
  }
  let stopped: Promise<void> | undefined
  return {
    id: worker.id,
    stop: () => {
      stopped ??= stop()
      return stopped
    },
  }
}

/** Waits no longer than that: a command to a Redis that is away is answered when it is back. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  await Promise.race([work, sleep(ms, undefined, { ref: false })])
}
