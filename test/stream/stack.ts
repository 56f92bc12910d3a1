// A real Redis and the stream layer over it, for tests of anything that writes or reads jobs.

import { randomUUID } from 'node:crypto'
import { type Admission, AdmissionGate, type AdmissionLimits } from '../../src/stream/admission.ts'
import { EventHub } from '../../src/stream/event-hub.ts'
import type { NewEvent } from '../../src/stream/events.ts'
import { JobIndex } from '../../src/stream/job-index.ts'
import { JobStore } from '../../src/stream/job-store.ts'
import { keysOf } from '../../src/stream/keys.ts'
import { readEvents } from '../../src/stream/read-events.ts'
import { closeRedis, connectRedis, type RedisClient, waitForRedis } from '../../src/stream/redis.ts'
import { RedisAbsence } from '../../src/stream/redis-absence.ts'
import { SharedKeys } from '../../src/stream/shared-keys.ts'

export const keys = keysOf()
export const worker = { id: 'w1', host: 'here', pid: 1 }
export const graceMs = 500

export const token = (text: string, tokenId: number | null = 7): NewEvent => ({ type: 'token', text, tokenId })

export const done = (reason: 'stop' | 'length' | 'cancelled' = 'stop', tokensGenerated = 0): NewEvent => ({
  type: 'done',
  reason,
  tokensGenerated,
  usage: { prompt_tokens: 3, completion_tokens: tokensGenerated, total_tokens: 3 + tokensGenerated, cached_tokens: 0 },
  timings: { queued_ms: 1, ttft_ms: 2, total_ms: 3, tokens_per_second: null },
  model: 'test',
  seed: 1,
})

export interface Stack {
  redis: RedisClient
  store: JobStore
  shared: SharedKeys
  index: JobIndex
  hub: EventHub
  /** Shared keys that `shared` found to hold something else, and dropped. */
  dropped: string[]
  admit(overrides?: Partial<Admission>, limits?: Partial<AdmissionLimits>): ReturnType<AdmissionGate['admit']>
  /** Admits a job that is sure to fit, and returns its id. */
  job(overrides?: Partial<Admission>): Promise<string>
  read(id: string, afterSeq?: number, signal?: AbortSignal): ReturnType<typeof readEvents>
  close(): Promise<void>
}

export async function openStack(url: string): Promise<Stack> {
  const redis = connectRedis(url, 'background', () => {})
  const subscriber = connectRedis(url, 'subscriber', () => {})
  await Promise.all([waitForRedis(redis, 5000), waitForRedis(subscriber, 5000)])
  const absence = new RedisAbsence(redis, keys, graceMs)
  const store = new JobStore(redis, keys, absence)
  const dropped: string[] = []
  const shared = new SharedKeys(redis, keys, (names) => dropped.push(...names))
  const gate = new AdmissionGate(redis, keys, shared)
  const index = new JobIndex(redis, keys)
  const hub = new EventHub(subscriber)
  const admit: Stack['admit'] = (overrides = {}, limits = {}) =>
    gate.admit(
      {
        id: `job_${randomUUID()}`,
        kind: 'generate',
        owner: '',
        promptTokens: 3,
        maxTokens: 10,
        deadlineMs: 60_000,
        seed: 1,
        payload: {},
        requestId: 'request-1',
        traceContext: null,
        onDisconnect: 'continue',
        api: store.api,
        graceMs,
        ttlMs: 5000,
        ...overrides,
      },
      { maxJobs: 1000, maxTokens: 1_000_000, owners: 0, ...limits },
      { slots: 1, msPerJob: 100 },
    )
  return {
    redis,
    store,
    shared,
    index,
    hub,
    dropped,
    admit,
    job: async (overrides = {}) => {
      const id = overrides.id ?? `job_${randomUUID()}`
      await admit({ ...overrides, id })
      return id
    },
    read: (id, afterSeq = -1, signal = new AbortController().signal) =>
      readEvents({ hub, store, keys }, id, { afterSeq, signal, silenceMs: 200 }),
    close: async () => {
      absence.stop()
      await Promise.all([closeRedis(redis), closeRedis(subscriber)])
    },
  }
}
