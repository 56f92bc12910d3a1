// What stands behind the routes of one API process: its connections, its threads, and what it does between requests.

import type { Embeddings } from '../embedding/embeddings.ts'
import { CaseStore } from '../knowledge/case-store.ts'
import { KnowledgeBase } from '../knowledge/knowledge-base.ts'
import type { Logger } from '../logger.ts'
import { ruleSetWith } from '../logs/user-rules.ts'
import type { Settings } from '../settings.ts'
import { AdmissionGate } from '../stream/admission.ts'
import { EventHub } from '../stream/event-hub.ts'
import { fleetMetricsText } from '../stream/fleet-metrics.ts'
import { JobIndex } from '../stream/job-index.ts'
import { JobStore } from '../stream/job-store.ts'
import { keysOf } from '../stream/keys.ts'
import { JobQueue } from '../stream/queue.ts'
import { closeRedis, connectRedis, waitForRedis } from '../stream/redis.ts'
import { SharedKeys } from '../stream/shared-keys.ts'
import { WorkerRegistry } from '../stream/worker-registry.ts'
import { readChatTemplate, type TokenizerFiles } from '../tokenizer/tokenizer.ts'
import { toolFormOf } from '../tokenizer/tool-form.ts'
import { noTracing, type Tracing } from '../tracing.ts'
import { ActivityHistory } from './activity-history.ts'
import { KeyRing } from './auth/key-ring.ts'
import { Tickets } from './auth/tickets.ts'
import { Caretaker } from './caretaker.ts'
import { FormatChecks } from './format-checks.ts'
import { openLimiter } from './limits/rate-limits.ts'
import { TokenLedger } from './limits/token-ledger.ts'
import { ApiMetrics } from './metrics.ts'
import { openQueueBoard } from './queue-board.ts'
import { QueueWatch } from './queue-watch.ts'
import { Readers } from './readers.ts'
import type { ApiService, ServedModel } from './service.ts'
import { TextThreads } from './threads.ts'

export interface ServiceOptions {
  settings: Settings
  redisUrl: string
  namespace?: string
  model: ServedModel
  tokenizerFiles: TokenizerFiles
  version: string
  logger: Logger
  /** Off by default. */
  tracing?: Tracing
  /** None by default. Stays open. */
  embeddings?: Embeddings | null
}

export interface OpenedService {
  service: ApiService
  /** Ends the open streams, whose clients go on at another process, and all that is done between requests. */
  shutDown(): void
  /** After the last response has ended. */
  close(): Promise<void>
}

/** @throws AppError `unavailable` when Redis does not answer in time, `bad_setting` for rules that can't be used */
export async function openService(options: ServiceOptions): Promise<OpenedService> {
  const { settings, logger, tracing = noTracing, embeddings = null } = options
  const keys = keysOf(options.namespace)
  const warn = (message: string) => (error: Error) => logger.warn({ err: error }, message)
  const redis = connectRedis(options.redisUrl, 'requests', warn('redis connection'))
  const subscriber = connectRedis(options.redisUrl, 'subscriber', warn('redis connection'))
  const limits = { limitBytes: settings.logBodyLimitBytes, rulesDir: settings.rulesDir }
  // Wrong rules end the process here, not at the first log.
  ruleSetWith(settings.rulesDir)
  const threads = new TextThreads(options.tokenizerFiles, limits)
  const formats = new FormatChecks(options.tokenizerFiles)
  try {
    await Promise.all([waitForRedis(redis), waitForRedis(subscriber), threads.warmUp()])
  } catch (error) {
    redis.disconnect()
    subscriber.disconnect()
    await Promise.all([threads.close(), formats.close()])
    throw error
  }

  const store = new JobStore(redis, keys)
  const index = new JobIndex(redis, keys)
  const registry = new WorkerRegistry(redis, keys)
  const queue = new JobQueue(redis, keys, warn('queue connection'))
  const readers = new Readers()
  const shared = new SharedKeys(redis, keys, (dropped) =>
    logger.error({ keys: dropped }, 'keys of the queue held something else and were dropped'),
  )
  const watch = new QueueWatch({ index, registry, shared }, readers, warn('could not read the queue'))
  const metrics = new ApiMetrics(watch, readers, () => shared.use(null, () => fleetMetricsText(redis, keys)))
  const history = new ActivityHistory(watch)
  const shutdown = new AbortController()
  const tokenLimiter = openLimiter(redis, keys, 'tokens', settings.rateLimitTokens)
  const ledger = tokenLimiter && new TokenLedger(tokenLimiter, store, warn('could not give tokens back'))
  const cases = new CaseStore(redis, keys)
  const keyRing = new KeyRing(settings)
  const service: ApiService = {
    ...{
      settings,
      model: options.model,
      // One that its template does not know is told of tools in words of ours.
      toolForm: toolFormOf(readChatTemplate(options.tokenizerFiles)) ?? 'tags',
      version: options.version,
      logger,
      tracing,
      metrics,
      watch,
      history,
      registry,
      index,
    },
    queueBoard: settings.adminKey && (await openQueueBoard(queue)),
    auth: { keys: keyRing, tickets: new Tickets(redis, keys) },
    limits: { requests: openLimiter(redis, keys, 'requests', settings.rateLimitRequests), tokens: ledger },
    submit: {
      ...{ gate: new AdmissionGate(redis, keys, shared), store, queue, watch, threads, formats, tracing },
      onQueueError: warn('could not add a job'),
      limits: {
        maxJobs: settings.queueMaxJobs,
        maxTokens: settings.queueMaxTokens,
        get owners() {
          return keyRing.owners
        },
      },
      ...{ maxContext: options.model.maxContext, graceMs: settings.disconnectGraceMs, ttlMs: settings.streamTtlMs },
    },
    follow: {
      ...{ source: { hub: new EventHub(subscriber), store, keys }, readers, metrics, logger },
      shutdown: shutdown.signal,
    },
    embeddings: embeddings?.line ?? null,
    knowledge: {
      base: new KnowledgeBase(cases, { vectors: embeddings, onError: warn('cases could not be found by meaning') }),
      store: cases,
    },
  }
  const caretaker = new Caretaker(
    { store, index, queue, readers, graceMs: settings.disconnectGraceMs },
    warn('could not look after jobs'),
  )
  await watch.start()
  history.start()
  return {
    service,
    shutDown: () => {
      shutdown.abort()
      readers.dismiss()
      watch.stop()
      history.stop()
      caretaker.stop()
      ledger?.stop()
      service.knowledge.base.stop()
    },
    close: async () => {
      // Redis is away; there is nothing to close.
      await queue.close().catch(() => {})
      await Promise.all([closeRedis(redis), closeRedis(subscriber), threads.close(), formats.close()])
    },
  }
}
