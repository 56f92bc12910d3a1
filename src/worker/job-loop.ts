// Takes jobs from BullMQ while there are free slots, keeps their locks, and gives each its outcome back.
//
// BullMQ's own loop is not used: it asks for the next job as soon as it can, which hands most arrivals to one worker.
// Notifications are only hints about latency; the poll finds everything without them.

import { type Job, Worker } from 'bullmq'
import { toAppError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import { sendControl } from '../stream/control-channel.ts'
import { type Keys, queueName } from '../stream/keys.ts'
import { attemptOf, lockDurationMs, workerOptions } from '../stream/queue.ts'
import type { RedisClient } from '../stream/redis.ts'
import type { WaitingLine } from '../stream/waiting-line.ts'
import type { WorkerRegistry } from '../stream/worker-registry.ts'
import type { AttemptInput, AttemptOutcome, StopReason } from './attempt.ts'
import { isOwnTurn, slotsOf, yieldMs } from './turn.ts'

const pollMs = 1000
/** A lock lives through two renewals that fail. */
const renewMs = lockDurationMs / 4

interface HeldJob {
  token: string
  /** Aborts with a StopReason. */
  stop: AbortController
  ended: Promise<void>
}

export interface JobLoopOptions {
  workerId: string
  slots: number
  redis: RedisClient
  keys: Keys
  registry: WorkerRegistry
  line: WaitingLine
  logger: Logger
  /** Rejects only when Redis can't be reached. */
  attempt(input: AttemptInput): Promise<AttemptOutcome>
  /** Whether the engine can take a sequence now. */
  ready(): boolean
}

export class JobLoop {
  readonly #options: JobLoopOptions
  readonly #held = new Map<string, HeldJob>()
  readonly #queue: Worker
  readonly #renewal: NodeJS.Timeout
  #wake: (() => void) | null = null
  #hinted = false
  #renewing = false
  #taken = 0
  #stopping = false
  #running: Promise<void> | null = null

  constructor(options: JobLoopOptions) {
    this.#options = options
    this.#queue = new Worker(queueName, null, {
      connection: options.redis,
      prefix: options.keys.prefix,
      ...workerOptions,
    })
    this.#queue.on('error', (error) => options.logger.warn({ err: error }, 'queue connection'))
    // Jobs of dead workers are back in line.
    this.#queue.on('stalled', () => this.hint())
    this.#renewal = setInterval(() => void this.#renewLocks(), renewMs)
  }

  start(): void {
    void this.#queue.startStalledCheckTimer()
    this.#running ??= this.#run()
  }

  /** Something may be waiting. */
  hint(): void {
    this.#hinted = true
    this.#wake?.()
  }

  /** Somebody asked for a job to stop. The log knows it too; this is only faster. */
  cancel(id: string): void {
    this.#held.get(id)?.stop.abort('cancelled' satisfies StopReason)
  }

  /** Takes no more jobs, hands back those that run, and resolves when all are out of its hands: never, while Redis is away. */
  async stop(): Promise<void> {
    this.#stopping = true
    for (const { stop } of this.#held.values()) stop.abort('shutdown' satisfies StopReason)
    this.#wake?.()
    await this.#running
    await Promise.all([...this.#held.values()].map(({ ended }) => ended))
  }

  /** After `stop`, or instead of its end: the locks of what it still holds lapse. */
  async close(): Promise<void> {
    clearInterval(this.#renewal)
    // Waits for no answer of Redis.
    await this.#queue.close(true)
  }

  async #run(): Promise<void> {
    const { slots, logger } = this.#options
    while (!this.#stopping) {
      this.#hinted = false
      try {
        const room = this.#held.size < slots && this.#options.ready()
        if (room && (await this.#takeOne())) continue
      } catch (thrown) {
        logger.warn({ err: toAppError(thrown) }, 'could not take a job')
      }
      if (!this.#hinted) await this.#pause(pollMs)
    }
  }

  async #takeOne(): Promise<boolean> {
    const { workerId, registry, line } = this.#options
    const live = await registry.live()
    if (!isOwnTurn(workerId, this.#held.size, live)) await this.#pause(yieldMs, false)
    const next = this.#stopping ? null : await line.advance(slotsOf(live))
    if (next === null) return false
    const token = `${workerId}:${++this.#taken}`
    const job = await this.#queue.getNextJob(token, { block: false })
    if (!job?.id) {
      if (next.kind === 'job') await line.missed(next.id)
      return false
    }
    await this.#supersede(job.id)
    const stop = new AbortController()
    // Resolves after this turn, so the entry is there before it is removed.
    const ended = this.#hold(job, job.id, token, stop.signal)
    this.#held.set(job.id, { token, stop, ended })
    if (this.#stopping) stop.abort('shutdown' satisfies StopReason)
    await registry.setJobs(workerId, this.#held.size)
    return true
  }

  /** A job whose lock had lapsed (the machine slept, Redis was away) can come back to the worker that still runs it. */
  async #supersede(id: string): Promise<void> {
    const held = this.#held.get(id)
    held?.stop.abort('superseded' satisfies StopReason)
    await held?.ended
  }

  /** Never rejects: the loop and the other jobs go on whatever happens to one. */
  async #hold(job: Job, id: string, token: string, stop: AbortSignal): Promise<void> {
    const { workerId, registry, logger } = this.#options
    const attempt = attemptOf(job)
    const log = logger.child({ job: id, attempt })
    try {
      const outcome = await this.#options.attempt({ id, attempt, stop })
      if (outcome === 'ended') await job.moveToCompleted(null, token, false)
      if (outcome === 'handed-back') {
        await job.moveToWait(token)
        await sendControl(this.#options.redis, this.#options.keys, { type: 'work' })
      }
      log.info({ outcome }, 'attempt ended')
    } catch (thrown) {
      // Its lock lapses and another attempt is made: by whoever finds it, this worker too.
      log.warn({ err: toAppError(thrown) }, 'attempt given up')
    }
    if (this.#held.get(id)?.token === token) this.#held.delete(id)
    this.hint()
    // Where Redis refuses it, the next job taken or ended sets the number again.
    await registry.setJobs(workerId, this.#held.size).catch(() => {})
  }

  async #renewLocks(): Promise<void> {
    const jobs = [...this.#held]
    // While Redis is away one renewal waits, and no others behind it.
    if (jobs.length === 0 || this.#renewing) return
    this.#renewing = true
    const ids = jobs.map(([id]) => id)
    const tokens = jobs.map(([, { token }]) => token)
    try {
      const lost = await this.#queue.extendJobLocks(ids, tokens, lockDurationMs)
      // Another attempt may have begun; the log decides who may write, not this.
      if (lost.length > 0) this.#options.logger.warn({ jobs: lost }, 'lost the lock of jobs')
    } catch (thrown) {
      this.#options.logger.warn({ err: toAppError(thrown) }, 'could not renew locks')
    }
    this.#renewing = false
  }

  /** @param wakeable whether a hint ends the pause */
  async #pause(ms: number, wakeable = true): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#wake = () => {
        if (!wakeable && !this.#stopping) return
        clearTimeout(timer)
        resolve()
      }
    })
    this.#wake = null
  }
}
