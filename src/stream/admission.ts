// Letting jobs in: within the bounds, once for each idempotency key, with their record and first event, or not at all.

import type { JobKind } from './job-record.ts'
import type { Keys } from './keys.ts'
import { leaseMs } from './lease.ts'
import type { RedisClient } from './redis.ts'
import { defineScript, type Script } from './script.ts'
import { admitScript, shareAlone } from './scripts/admit.ts'
import type { SharedKeys } from './shared-keys.ts'

export interface Admission {
  id: string
  kind: JobKind
  /** The name of the key that made it, which alone may see it; empty without API keys. */
  owner: string
  promptTokens: number
  /** The most it may generate: with the prompt, what its place in the line is weighed by. */
  maxTokens: number
  /** Milliseconds from admission to the end; counted on Redis's clock. */
  deadlineMs: number
  /** What a stopped job reports. */
  seed: number
  /** What the job is to do. */
  payload: unknown
  /** Of the HTTP request, for the worker's log. */
  requestId: string
  /** The trace that the worker's spans belong to; null: none. */
  traceContext: string | null
  onDisconnect: 'cancel' | 'continue'
  /** The API that admits it, as leases name it. */
  api: string
  /** Milliseconds it goes on without readers. */
  graceMs: number
  ttlMs: number
  /** The same key and body of the same owner again attach to the same job. */
  idempotency?: Idempotency | undefined
}

export interface Idempotency {
  key: string
  /** Of the route and the body. */
  hash: string
}

export interface AdmissionLimits {
  maxJobs: number
  maxTokens: number
  /** How many owners there may be. With more than one each has a share of the bounds and of the slots. */
  owners: number
}

/** What one owner may have admitted while no other has jobs; with as many `tokens` no further job comes in. */
export function mostAdmitted({ maxJobs, maxTokens, owners }: AdmissionLimits): { jobs: number; tokens: number } {
  const share = owners > 1 ? shareAlone : 1
  return { jobs: Math.max(1, Math.floor(maxJobs * share)), tokens: Math.max(1, Math.floor(maxTokens * share)) }
}

export type AdmissionResult =
  | { verdict: 'admitted'; position: number; etaMs: number }
  /** The idempotency key has started this job before, with a body of this hash. */
  | { verdict: 'known'; id: string; hash: string }
  | AdmissionRefusal
  /** Redis is so full that what is left is for the jobs that are admitted. */
  | { verdict: 'no-memory'; usedBytes: number; maxBytes: number }

export interface AdmissionRefusal {
  verdict: 'full'
  bound: 'jobs' | 'tokens'
  /** Whose bound it is, and whose jobs and prompt tokens these are. */
  whose: 'all' | 'owner'
  jobs: number
  tokens: number
  /** How many of the two there may be. */
  limit: number
  /** Until this request would be let in, by the rate at which jobs leave and after all who were refused before it. */
  retryAfterMs: number
}

/** What an estimate of waiting times needs. */
export interface QueueSpeed {
  /** Of all workers that serve. */
  slots: number
  /** Milliseconds from one job's end to the next one's, over all slots. */
  msPerJob: number
}

export class AdmissionGate {
  readonly #keys: Keys
  readonly #admit: Script
  readonly #shared: SharedKeys

  constructor(redis: RedisClient, keys: Keys, shared: SharedKeys) {
    this.#keys = keys
    this.#shared = shared
    this.#admit = defineScript(redis, 'wfAdmit', admitScript)
  }

  /** Admits a job and writes its record and first event, or says which bound is reached. */
  async admit(job: Admission, limits: AdmissionLimits, speed: QueueSpeed): Promise<AdmissionResult> {
    const k = this.#keys
    const { id, owner, promptTokens, idempotency } = job
    const keys = [
      ...[...k.line, k.recent(null), k.recent(owner)],
      ...[k.job(id), k.log(id), k.lease(id), k.payload(id), k.idempotency(owner, idempotency?.key ?? '')],
    ]
    const args = [
      ...[id, job.kind, owner, promptTokens, promptTokens + job.maxTokens],
      ...[job.deadlineMs, job.onDisconnect, leaseMs(job.graceMs), job.ttlMs],
      ...[limits.maxJobs, limits.maxTokens, limits.owners, speed.slots, speed.msPerJob, k.channel(id)],
      ...[idempotency?.hash ?? '', job.seed, JSON.stringify(job.payload), k.job('')],
      ...[job.requestId, job.traceContext ?? '', job.api],
    ]
    const reply = (await this.#shared.use(owner, () => this.#admit(keys.length, ...keys, ...args))) as [
      string,
      ...unknown[],
    ]
    if (reply[0] === 'admitted') return { verdict: 'admitted', position: Number(reply[1]), etaMs: Number(reply[2]) }
    if (reply[0] === 'known') {
      const [id = '', hash = ''] = String(reply[1]).split(' ')
      return { verdict: 'known', id, hash }
    }
    if (reply[0] === 'no memory') {
      return { verdict: 'no-memory', usedBytes: Number(reply[1]), maxBytes: Number(reply[2]) }
    }
    const [, bound, whose, ...counts] = reply as [string, 'jobs' | 'tokens', 'all' | 'owner', ...number[]]
    const [jobs = 0, tokens = 0, limit = 0, retryAfterMs = 0] = counts
    return { verdict: 'full', bound, whose, jobs, tokens, limit, retryAfterMs }
  }
}
