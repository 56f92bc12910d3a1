// One job in Redis, from its opening to its end: all that is written goes through the scripts beside this file, this
// class only gives them types.
//
//              open                      append or end with done, error
//   queued ──────────────▶ active ───────────────────────────────────▶ completed | failed | cancelled
//     │  ▲                   │ ▲
//     │  └──── handBack ─────┘ └── open by a newer attempt: the older one is fenced
//     └── end: stopped or late before any worker had it ─────────────▶ failed | cancelled
//
// `cancel`, a lapsed lease (unless Redis was away: redis-absence.ts) and the deadline change no state: they make the next
// append refuse everything but the end.

import { randomUUID } from 'node:crypto'
import { AppError } from '../errors.ts'
import { sendControl } from './control-channel.ts'
import { appendKind, type LogEntry, parseLog } from './event-log.ts'
import type { NewEvent, StreamEvent } from './events.ts'
import { type JobRecord, type JobState, parseRecord, type WorkerRef } from './job-record.ts'
import type { Keys } from './keys.ts'
import type { RedisClient } from './redis.ts'
import type { RedisAbsence } from './redis-absence.ts'
import { defineScript, type Script } from './script.ts'
import { appendScript } from './scripts/append.ts'
import { cancelScript, cancelUnreadScript, handBackScript, renewScript } from './scripts/control.ts'
import { endScript } from './scripts/end.ts'
import { openScript } from './scripts/open.ts'
import { readStored } from './stored.ts'

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

type Absence = Pick<RedisAbsence, 'isRecent' | 'heard'>
const neverAway: Absence = { isRecent: false, heard: (answer) => answer }

export class JobStore {
  readonly #redis: RedisClient
  readonly #keys: Keys
  readonly #absence: Absence
  readonly #scripts: Record<'open' | 'append' | 'end' | 'cancel' | 'cancelUnread' | 'renew' | 'handBack', Script>
  /** The process of this store, as leases name it. */
  readonly api = randomUUID()

  /** @param absence of a worker's connection; who neither opens nor appends needs none */
  constructor(redis: RedisClient, keys: Keys, absence: Absence = neverAway) {
    this.#redis = redis
    this.#keys = keys
    this.#absence = absence
    const define = (name: string, lua: string) => defineScript(redis, name, lua)
    this.#scripts = {
      open: define('wfOpen', openScript),
      append: define('wfAppend', appendScript),
      end: define('wfEnd', endScript),
      cancel: define('wfCancel', cancelScript),
      cancelUnread: define('wfCancelUnread', cancelUnreadScript),
      renew: define('wfRenew', renewScript),
      handBack: define('wfHandBack', handBackScript),
    }
  }

  /**
   * Starts an attempt: nothing older can write to the job afterwards.
   * @throws AppError `damaged_job` when the record or the log is not what this service writes
   */
  async open(id: string, attempt: number, worker: WorkerRef): Promise<Opened> {
    // For a grace after Redis was away a lapsed lease starts again: the readers may have been cut off from it too.
    const regrant = this.#absence.isRecent
    const opened = await this.#open(id, attempt, worker, regrant)
    if (opened.verdict !== 'abandoned' || regrant || !this.#absence.isRecent) return opened
    return this.#open(id, attempt, worker, true)
  }

  async #open(id: string, attempt: number, worker: WorkerRef, regrant: boolean): Promise<Opened> {
    const k = this.#keys
    const [verdict, lastSeq, now, fields, entries, payload] = (await this.#absence.heard(
      this.#scripts.open(
        6,
        ...[k.job(id), k.log(id), k.lease(id), k.waiting, k.payload(id), k.held],
        ...[id, attempt, JSON.stringify(worker), regrant ? 1 : 0, maxFruitlessAttempts],
      ),
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

  /** Appends to many logs in one command, in two after an absence of Redis. The results are in the order of the appends. */
  async append(appends: Append[]): Promise<AppendResult[]> {
    const regrant = this.#absence.isRecent
    const results = await this.#append(appends, regrant)
    if (regrant || !this.#absence.isRecent) return results
    // Redis was away while these were on their way to it: those that it called abandoned are sent once more.
    const again = await this.#append(
      appends.filter((_, index) => results[index]!.verdict === 'abandoned'),
      true,
    )
    return results.map((result) => (result.verdict === 'abandoned' ? again.shift()! : result))
  }

  async #append(appends: Append[], regrant: boolean): Promise<AppendResult[]> {
    if (appends.length === 0) return []
    const k = this.#keys
    const keys = [...k.line]
    const args: (string | number)[] = [regrant ? 1 : 0, k.channel('')]
    for (const { id, attempt, firstSeq, events } of appends) {
      keys.push(k.job(id), k.log(id), k.lease(id), k.payload(id))
      args.push(id, attempt, firstSeq, events.length)
      events.forEach((event, index) => {
        args.push(appendKind(event), JSON.stringify({ ...event, seq: firstSeq + index }))
      })
    }
    const reply = await this.#absence.heard(this.#scripts.append(keys.length, ...keys, ...args))
    const values = reply as (number | AppendVerdict)[]
    return appends.map((_, i) => ({ lastSeq: values[2 * i] as number, verdict: values[2 * i + 1] as AppendVerdict }))
  }

  /**
   * Ends a job that no worker will: no fence is above this.
   * @param onlyWaiting leave it alone (`active`) when a worker has it
   */
  async end(id: string, event: NewEvent, onlyWaiting: boolean): Promise<EndResult> {
    const k = this.#keys
    const keys = [...k.line, k.job(id), k.log(id), k.lease(id), k.payload(id)]
    const args = [id, k.channel(id), appendKind(event), JSON.stringify(event), onlyWaiting ? 1 : 0]
    return (await this.#scripts.end(keys.length, ...keys, ...args)) as EndResult
  }

  /**
   * Marks a job as to be stopped and tells its worker. The state is the one before; `missing` where there is no such job.
   * `now` is Redis's time, ms since the epoch.
   */
  async cancel(id: string): Promise<{ state: JobState | 'missing'; lastSeq: number; now: number }> {
    const [state, lastSeq, now] = (await this.#scripts.cancel(1, this.#keys.job(id))) as [string, number, number]
    if (state === 'active') await sendControl(this.#redis, this.#keys, { type: 'cancel', id })
    return { state: state as JobState | 'missing', lastSeq, now }
  }

  /**
   * Marks a job that has lost its readers here as to be stopped, as `cancel` does, but leaves one alone that may have
   * readers at another API, and frees the idempotency key of one that it stops. The worker is not told.
   * @returns whether it is to stop
   */
  async cancelUnread(id: string): Promise<boolean> {
    return (await this.#scripts.cancelUnread(2, this.#keys.job(id), this.#keys.lease(id), this.api)) === 1
  }

  /** Renews the lease that keeps running jobs from being stopped as abandoned. */
  async renewLeases(ids: string[]): Promise<void> {
    if (ids.length === 0) return
    const keys = ids.flatMap((id) => [this.#keys.job(id), this.#keys.lease(id)])
    await this.#scripts.renew(keys.length, ...keys, this.api)
  }

  /**
   * Gives an unfinished job back to its place in the line. Nothing happens where a newer attempt has it.
   * @param blameless whether the attempt does not count towards poison
   */
  async handBack(id: string, attempt: number, blameless: boolean): Promise<void> {
    const { waiting, held } = this.#keys
    await this.#scripts.handBack(3, this.#keys.job(id), waiting, held, id, attempt, blameless ? 1 : 0)
  }

  /** The job's record, or null where the job is unknown or has expired. @throws AppError `damaged_job` */
  async record(id: string): Promise<JobRecord | null> {
    const fields = await readStored(this.#redis.hgetall(this.#keys.job(id)), `the record of job ${id}`)
    return Object.keys(fields).length === 0 ? null : parseRecord(id, fields)
  }

  /** The events after a seq; -1 for all. Empty where there are none yet. @throws AppError `damaged_job` */
  async eventsAfter(id: string, seq: number): Promise<StreamEvent[]> {
    const reading = this.#redis.xrange(this.#keys.log(id), `1-${seq + 2}`, '+') as Promise<LogEntry[]>
    return parseLog(id, await readStored(reading, `the log of job ${id}`), seq + 1)
  }
}

function pairs(flat: string[]): Record<string, string> {
  const fields: Record<string, string> = {}
  for (let i = 0; i + 1 < flat.length; i += 2) fields[flat[i]!] = flat[i + 1]!
  return fields
}
