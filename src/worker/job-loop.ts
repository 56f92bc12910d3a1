// Takes jobs from BullMQ while there are free slots, keeps their locks, and gives each its outcome back.
//
// BullMQ's own loop is not used: it asks for the next job as soon as it can, which hands most arrivals to one worker.
// Notifications are only hints about latency; the poll finds everything without them.

import { type Job, Worker } from 'bullmq'
import type { Redis } from 'ioredis'
import { toAppError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import { type Keys, queueName } from '../stream/keys.ts'
import { lockDurationMs, publishWork, workerOptions } from '../stream/queue.ts'
import type { WorkerRegistry } from '../stream/worker-registry.ts'
import type { AttemptInput, AttemptOutcome } from './attempt.ts'
import { isOwnTurn, yieldMs } from './turn.ts'

const pollMs = 1000
/** A lock lives through two renewals that fail. */
const renewMs = lockDurationMs / 3

interface HeldJob {
  token: string
  cancelled: AbortController
  ended: Promise<void>
}

export interface JobLoopOptions {
  workerId: string
  slots: number
  redis: Redis
  keys: Keys
  registry: WorkerRegistry
  logger: Logger
  /** Never rejects for what is wrong with a job. */
  attempt(input: AttemptInput): Promise<AttemptOutcome>
  /** Whether the engine can take a sequence now. */
  ready(): boolean
}

export class JobLoop {
  private readonly held = new Map<string, HeldJob>()
  private readonly queue: Worker
  private readonly shutdown = new AbortController()
  private readonly renewal: NodeJS.Timeout
  private wake: (() => void) | null = null
  private hinted = false
  private taken = 0
  private running: Promise<void> | null = null

  constructor(private readonly options: JobLoopOptions) {
    this.queue = new Worker(queueName, null, {
      connection: options.redis,
      prefix: options.keys.prefix,
      ...workerOptions,
    })
    this.queue.on('error', (error) => options.logger.warn({ err: error }, 'queue connection'))
    // Jobs of dead workers are back in line.
    this.queue.on('stalled', () => this.hint())
    this.renewal = setInterval(() => void this.renewLocks(), renewMs)
  }

  get jobs(): number {
    return this.held.size
  }

  start(): void {
    void this.queue.startStalledCheckTimer()
    this.running ??= this.run()
  }

  /** Something may be waiting. */
  hint(): void {
    this.hinted = true
    this.wake?.()
  }

  /** Somebody asked for a job to stop. The log knows it too; this is only faster. */
  cancel(id: string): void {
    this.held.get(id)?.cancelled.abort('cancelled')
  }

  /** Takes no more jobs, hands back those that run, and resolves when all are out of its hands. */
  async stop(): Promise<void> {
    this.shutdown.abort('shutdown')
    this.wake?.()
    await this.running
    await Promise.all([...this.held.values()].map(({ ended }) => ended))
    clearInterval(this.renewal)
    await this.queue.close()
  }

  private async run(): Promise<void> {
    const { slots, logger } = this.options
    while (!this.shutdown.signal.aborted) {
      this.hinted = false
      try {
        const room = this.held.size < slots && this.options.ready()
        if (room && (await this.takeOne())) continue
      } catch (thrown) {
        logger.warn({ err: toAppError(thrown) }, 'could not take a job')
        await this.pause(yieldMs)
      }
      if (!this.hinted) await this.pause(pollMs)
    }
  }

  private async takeOne(): Promise<boolean> {
    const { workerId, registry } = this.options
    if (!isOwnTurn(workerId, this.held.size, await registry.live())) await this.pause(yieldMs, false)
    if (this.shutdown.signal.aborted) return false
    const token = `${workerId}:${++this.taken}`
    const job = await this.queue.getNextJob(token, { block: false })
    if (!job?.id) return false
    const cancelled = new AbortController()
    const ended = this.hold(job, job.id, token, cancelled.signal)
    this.held.set(job.id, { token, cancelled, ended })
    await registry.setJobs(workerId, this.held.size)
    return true
  }

  /** Never rejects: the loop and the other jobs go on whatever happens to one. */
  private async hold(job: Job, id: string, token: string, cancelled: AbortSignal): Promise<void> {
    const { workerId, registry, logger } = this.options
    const log = logger.child({ job: id, attempt: job.attemptsStarted })
    try {
      const input = { id, attempt: job.attemptsStarted, data: job.data, shutdown: this.shutdown.signal, cancelled }
      const outcome = await this.options.attempt(input)
      if (outcome === 'ended') await job.moveToCompleted(null, token, false)
      if (outcome === 'handed-back') {
        await job.moveToWait(token)
        await publishWork(this.options.redis, this.options.keys)
      }
      log.info({ outcome }, 'attempt ended')
    } catch (thrown) {
      // Its lock lapses and another attempt is made: by whoever finds it, this worker too.
      log.warn({ err: toAppError(thrown) }, 'attempt given up')
    }
    this.held.delete(id)
    await registry.setJobs(workerId, this.held.size).catch(() => {})
    this.hint()
  }

  private async renewLocks(): Promise<void> {
    const jobs = [...this.held]
    if (jobs.length === 0) return
    const ids = jobs.map(([id]) => id)
    const tokens = jobs.map(([, { token }]) => token)
    try {
      const lost = await this.queue.extendJobLocks(ids, tokens, lockDurationMs)
      // Another attempt may have begun; the log decides who may write, not this.
      if (lost.length > 0) this.options.logger.warn({ jobs: lost }, 'lost the lock of jobs')
    } catch (thrown) {
      this.options.logger.warn({ err: toAppError(thrown) }, 'could not renew locks')
    }
  }

  /** @param wakeable whether a hint ends the pause */
  private async pause(ms: number, wakeable = true): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.wake = () => {
        if (!wakeable && !this.shutdown.signal.aborted) return
        clearTimeout(timer)
        resolve()
      }
    })
    this.wake = null
  }
}
