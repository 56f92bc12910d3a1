// The jobs in Redis: admitting, opening, appending, cancelling and reading them. All that is written goes through the
// scripts beside this file; this class only gives them types.

import type { Redis } from 'ioredis'
import { AppError } from '../errors.ts'
import { appendKind, type LogEntry, parseLog } from './event-log.ts'
import type { NewEvent, StreamEvent } from './events.ts'
import { type JobKind, type JobRecord, type JobState, parseRecord, type WorkerRef } from './job-record.ts'
import type { Keys } from './keys.ts'
import { redisNow } from './redis.ts'
import { admitScript } from './scripts/admit.ts'
import { appendScript } from './scripts/append.ts'
import { cancelScript, handBackScript, renewScript } from './scripts/control.ts'
import { endScript } from './scripts/end.ts'
import { openScript } from './scripts/open.ts'

export interface Admission {
  id: string
  kind: JobKind
  /** The name of the key that made it, which alone may see it; empty without API keys. */
  owner: string
  promptTokens: number
  /** Milliseconds from admission to the end; counted on Redis's clock. */
  deadlineMs: number
  /** What a stopped job reports. */
  seed: number
  /** What the job is to do. */
  payload: unknown
  onDisconnect: 'cancel' | 'continue'
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
}

export type AdmissionResult =
  | { verdict: 'admitted'; position: number; etaMs: number }
  /** The idempotency key has started this job before, with a body of this hash. */
  | { verdict: 'known'; id: string; hash: string }
  | { verdict: 'full'; bound: 'jobs' | 'tokens'; jobs: number; tokens: number }

/** What an append says. All but `ok` and `gap` mean: stop computing; a stop still has to be given its terminal event. */
export type AppendVerdict = 'ok' | 'missing' | 'ended' | 'fenced' | 'gap' | 'cancelled' | 'abandoned' | 'damaged'

export interface Append {
  id: string
  attempt: number
  firstSeq: number
  events: NewEvent[]
}

export interface AppendResult {
  lastSeq: number
  verdict: AppendVerdict
}

export type Opened =
  | { verdict: 'missing' | 'ended' | 'fenced' }
  | {
      verdict: 'ok' | 'cancelled' | 'abandoned' | 'poisoned'
      lastSeq: number
      /** Redis's clock at this moment, ms since the epoch: the times of the record are by the same clock. */
      now: number
      record: JobRecord
      events: StreamEvent[]
      /** As it was admitted, in JSON; unchecked. */
      payload: string
    }

/** Attempts in a row that may append nothing; the next one is not made. */
const maxFruitlessAttempts = 3

/** `ended`: now or before. `damaged`: the job's keys hold something else; it is counted no longer. */
type EndResult = 'ended' | 'missing' | 'active' | 'damaged'

type Script = (...args: (string | number)[]) => Promise<unknown>

export class JobStore {
  readonly #redis: Redis
  readonly #keys: Keys
  readonly #graceMs: number
  readonly #scripts: Record<'admit' | 'open' | 'append' | 'end' | 'cancel' | 'renew' | 'handBack', Script>
  /** When this process last came to Redis, new or again; of `performance.now()`. */
  #connectedAt = performance.now()

  constructor(redis: Redis, keys: Keys, graceMs: number) {
    this.#redis = redis
    this.#keys = keys
    this.#graceMs = graceMs
    const define = (name: string, lua: string): Script => {
      redis.defineCommand(name, { lua })
      const commands = redis as unknown as Record<string, Script>
      return (...args) => commands[name]!.call(redis, ...args)
    }
    this.#scripts = {
      admit: define('wfAdmit', admitScript),
      open: define('wfOpen', openScript),
      append: define('wfAppend', appendScript),
      end: define('wfEnd', endScript),
      cancel: define('wfCancel', cancelScript),
      renew: define('wfRenew', renewScript),
      handBack: define('wfHandBack', handBackScript),
    }
    redis.on('ready', () => {
      this.#connectedAt = performance.now()
    })
  }

  /** For a grace after coming to Redis a lapsed lease is no proof: the readers may have been cut off from it too. */
  get #regrant(): '1' | '0' {
    return performance.now() - this.#connectedAt < this.#graceMs ? '1' : '0'
  }

  /** Admits a job and writes its record and first event, or says which bound it would break. */
  async admit(job: Admission, limits: AdmissionLimits, speed: QueueSpeed): Promise<AdmissionResult> {
    const k = this.#keys
    const keys = [k.admitted, k.admittedTokens, k.admittedTokensTotal, k.waiting, k.order, k.recent(null)]
    const { id, owner, idempotency } = job
    const own = [k.job(id), k.log(id), k.lease(id), k.payload(id), k.idempotency(owner, idempotency?.key ?? '')]
    own.push(k.recent(owner))
    const reply = (await this.#scripts.admit(
      keys.length + own.length,
      ...keys,
      ...own,
      ...[job.id, job.kind, job.owner, job.promptTokens, job.deadlineMs, job.onDisconnect, job.graceMs, job.ttlMs],
      ...[limits.maxJobs, limits.maxTokens, speed.freeSlots, speed.msPerJob, k.channel(job.id)],
      ...[job.idempotency?.hash ?? '', job.seed, JSON.stringify(job.payload), k.job('')],
    )) as [string, ...unknown[]]
    if (reply[0] === 'admitted') return { verdict: 'admitted', position: Number(reply[1]), etaMs: Number(reply[2]) }
    if (reply[0] === 'known') {
      const [id = '', hash = ''] = String(reply[1]).split(' ')
      return { verdict: 'known', id, hash }
    }
    return { verdict: 'full', bound: reply[1] as 'jobs' | 'tokens', jobs: Number(reply[2]), tokens: Number(reply[3]) }
  }

  /**
   * Starts an attempt: nothing older can write to the job afterwards.
   * @throws AppError `damaged_job` when the record or the log is not what this service writes
   */
  async open(id: string, attempt: number, worker: WorkerRef): Promise<Opened> {
    const k = this.#keys
    const [verdict, lastSeq, now, fields, entries, payload] = (await this.#scripts.open(
      5,
      ...[k.job(id), k.log(id), k.lease(id), k.waiting, k.payload(id)],
      ...[id, attempt, JSON.stringify(worker), this.#regrant, maxFruitlessAttempts],
    )) as [string, number, number, string[], LogEntry[], string]
    if (verdict === 'missing' || verdict === 'ended' || verdict === 'fenced') return { verdict }
    const record = parseRecord(id, pairs(fields))
    const events = parseLog(id, entries, 0)
    if (events.length !== lastSeq + 1) {
      throw new AppError(
        'damaged_job',
        `the log of job ${id} has ${events.length} events where ${lastSeq + 1} were written`,
      )
    }
    return { verdict: verdict as 'ok' | 'cancelled' | 'abandoned' | 'poisoned', lastSeq, now, record, events, payload }
  }

  /** Appends to many logs in one round trip. The results are in the order of the appends. */
  async append(appends: Append[]): Promise<AppendResult[]> {
    if (appends.length === 0) return []
    const k = this.#keys
    const keys = [k.admitted, k.admittedTokens, k.admittedTokensTotal, k.waiting, k.rate]
    const args: (string | number)[] = [this.#regrant]
    for (const { id, attempt, firstSeq, events } of appends) {
      keys.push(k.job(id), k.log(id), k.lease(id), k.payload(id))
      args.push(id, k.channel(id), attempt, firstSeq, events.length)
      events.forEach((event, index) => {
        args.push(appendKind(event), JSON.stringify({ ...event, seq: firstSeq + index }))
      })
    }
    const replies = (await this.#scripts.append(keys.length, ...keys, ...args)) as [number, AppendVerdict][]
    return replies.map(([lastSeq, verdict]) => ({ lastSeq, verdict }))
  }

  /**
   * Ends a job that no worker will: no fence is above this.
   * @param onlyWaiting leave it alone (`active`) when a worker has it
   */
  async end(id: string, event: NewEvent, onlyWaiting: boolean): Promise<EndResult> {
    const k = this.#keys
    const keys = [
      k.admitted,
      k.admittedTokens,
      k.admittedTokensTotal,
      k.waiting,
      k.rate,
      k.job(id),
      k.log(id),
      k.lease(id),
      k.payload(id),
    ]
    const args = [id, k.channel(id), appendKind(event), JSON.stringify(event), onlyWaiting ? 1 : 0]
    return (await this.#scripts.end(keys.length, ...keys, ...args)) as EndResult
  }

  /** Marks a job as to be stopped and tells its worker. The state is the one before; `missing` where there is no such job. */
  async cancel(id: string): Promise<{ state: JobState | 'missing'; lastSeq: number }> {
    const [state, lastSeq] = (await this.#scripts.cancel(2, this.#keys.job(id), this.#keys.waiting, id)) as [
      string,
      number,
    ]
    if (state === 'active') await this.#redis.publish(this.#keys.control, JSON.stringify({ type: 'cancel', id }))
    return { state: state as JobState | 'missing', lastSeq }
  }

  /** Renews the lease that keeps running jobs from being stopped as abandoned. */
  async renewLeases(ids: string[]): Promise<void> {
    if (ids.length === 0) return
    await this.#scripts.renew(ids.length * 2, ...ids.flatMap((id) => [this.#keys.job(id), this.#keys.lease(id)]))
  }

  /**
   * Gives an unfinished job back to its place in the line. Nothing happens where a newer attempt has it.
   * @param forgive the attempt ended through no fault of the job and does not count towards poison
   */
  async handBack(id: string, attempt: number, forgive: boolean): Promise<void> {
    await this.#scripts.handBack(2, this.#keys.job(id), this.#keys.waiting, id, attempt, forgive ? 1 : 0)
  }

  /** The job's record, or null where the job is unknown or has expired. @throws AppError `damaged_job` */
  async record(id: string): Promise<JobRecord | null> {
    const fields = await this.#redis.hgetall(this.#keys.job(id))
    return Object.keys(fields).length === 0 ? null : parseRecord(id, fields)
  }

  /** The events after a seq; -1 for all. Empty where there are none yet. @throws AppError `damaged_job` */
  async eventsAfter(id: string, seq: number): Promise<StreamEvent[]> {
    const entries = (await this.#redis.xrange(this.#keys.log(id), `1-${seq + 2}`, '+')) as LogEntry[]
    return parseLog(id, entries, seq + 1)
  }

  /** 1-based places in the line of those of the jobs that still wait. */
  async positions(ids: string[]): Promise<Map<string, number>> {
    const pipeline = this.#redis.pipeline()
    for (const id of ids) pipeline.zrank(this.#keys.waiting, id)
    const ranks = (await pipeline.exec()) ?? []
    const found = new Map<string, number>()
    ids.forEach((id, index) => {
      const rank = ranks[index]?.[1]
      if (typeof rank === 'number') found.set(id, rank + 1)
    })
    return found
  }

  /** The first ones in line, where a job would stand that never came into BullMQ: admitted longer than `ms` ago. */
  async firstInLine(ms: number, limit: number): Promise<string[]> {
    const ids = await this.#redis.zrange(this.#keys.waiting, 0, String(limit - 1))
    const latest = (await redisNow(this.#redis)) - ms
    const admittedAt = await Promise.all(ids.map((id) => this.#redis.hget(this.#keys.job(id), 'created_at')))
    return ids.filter((_, index) => Number(admittedAt[index] ?? 0) < latest)
  }

  /** The newest jobs first: one owner's, or with null everyone's. */
  async recent(owner: string | null, limit: number): Promise<string[]> {
    return this.#redis.zrevrange(this.#keys.recent(owner), 0, limit - 1)
  }

  /** How many jobs are admitted and unfinished, wait for a worker, and how many prompt tokens they hold. */
  async depth(): Promise<{ admitted: number; waiting: number; promptTokens: number }> {
    const [admitted, waiting, tokens] = await Promise.all([
      this.#redis.zcard(this.#keys.admitted),
      this.#redis.zcard(this.#keys.waiting),
      this.#redis.get(this.#keys.admittedTokensTotal),
    ])
    return { admitted, waiting, promptTokens: Number(tokens ?? 0) }
  }

  /** Admitted jobs whose deadline passed longer than `ms` ago, a few at a time. */
  async overdue(ms: number): Promise<string[]> {
    const limit = (await redisNow(this.#redis)) - ms
    return this.#redis.zrangebyscore(this.#keys.admitted, '-inf', limit, 'LIMIT', 0, 100)
  }

  /** How long a job holds its slot: moving average in ms, or null before the first job has finished. */
  async holdMs(): Promise<number | null> {
    const value = await this.#redis.hget(this.#keys.rate, 'hold_ms')
    return value === null ? null : Number(value)
  }
}

/** What an estimate of waiting times needs. */
export interface QueueSpeed {
  freeSlots: number
  /** Milliseconds from one job's end to the next one's, over all slots. */
  msPerJob: number
}

function pairs(flat: string[]): Record<string, string> {
  const fields: Record<string, string> = {}
  for (let i = 0; i + 1 < flat.length; i += 2) fields[flat[i]!] = flat[i + 1]!
  return fields
}
