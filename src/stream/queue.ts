// The BullMQ queue and its settings, the same for every process.

import { type Job, Queue, type QueueOptions, type WorkerOptions } from 'bullmq'
import { sendControl } from './control-channel.ts'
import { type Keys, queueName } from './keys.ts'
import type { RedisClient } from './redis.ts'

/** A worker that is gone loses its jobs after at most both together. */
export const lockDurationMs = 4000
const lapseCheckMs = 1000

/** For the worker's side. BullMQ's own limits never end a job: its record and its deadline do. */
export const workerOptions = {
  autorun: false,
  lockDuration: lockDurationMs,
  stalledInterval: lapseCheckMs,
  maxStalledCount: 1_000_000,
} satisfies Partial<WorkerOptions>

const jobOptions = {
  attempts: 1_000_000,
  // The record and the log hold what clients ask for; BullMQ keeps nothing.
  removeOnComplete: true,
  removeOnFail: true,
} as const

/** BullMQ's priorities: a job without one comes before all that have one. */
const atFront = 0
const inLine = 1

export class JobQueue {
  readonly #redis: RedisClient
  readonly #keys: Keys
  readonly #onError: (error: Error) => void
  #queue: Queue
  #failed = false

  /** @param redis shared with other commands; it is not closed here */
  constructor(redis: RedisClient, keys: Keys, onError: (error: Error) => void) {
    this.#redis = redis
    this.#keys = keys
    this.#onError = onError
    this.#queue = this.#open()
  }

  #open(): Queue {
    const options: QueueOptions = { connection: this.#redis, prefix: this.#keys.prefix, defaultJobOptions: jobOptions }
    const queue = new Queue(queueName, options)
    queue.on('error', this.#onError)
    return queue
  }

  /** BullMQ asks Redis once, at the beginning, what it is; a queue that got no answer fails for ever, so the next call opens another. */
  async #usable(): Promise<Queue> {
    if (this.#failed) this.#queue = this.#open()
    this.#failed = false
    const queue = this.#queue
    try {
      await queue.waitUntilReady()
    } catch (error) {
      if (this.#queue === queue) this.#failed = true
      throw error
    }
    return queue
  }

  /**
   * Puts an admitted job in line and tells idle workers. Adding one that is there already changes nothing. BullMQ carries
   * the id alone: what the job is to do was stored by the script that admitted it.
   */
  async add(id: string): Promise<void> {
    await (await this.#usable()).add('job', {}, { jobId: id, priority: inLine })
    await sendControl(this.#redis, this.#keys, { type: 'work' })
  }

  /**
   * Puts a job in line again that BullMQ has lost sight of: its data was damaged, or a failover lost it. One that BullMQ
   * holds anywhere is left alone.
   * @param attempts so many were made before, which BullMQ does not know of any more
   */
  async restore(id: string, attempts: number): Promise<void> {
    if ((await (await this.#usable()).getJobState(id)) !== 'unknown') return
    await this.#redis.del(`${this.#keys.prefix}:${queueName}:${id}`)
    await (await this.#usable()).add('job', { attempts }, { jobId: id, priority: inLine })
  }

  /**
   * Makes a job the next that BullMQ gives out; also one that its API could not add any more, or that BullMQ has lost.
   * @param attempts so many were made before
   */
  async bringToFront(id: string, attempts: number): Promise<void> {
    const job = await (await this.#usable()).add('job', { attempts }, { jobId: id, priority: inLine })
    await job.changePriority({ priority: atFront, lifo: true })
  }

  /** The list of what BullMQ gives out next: brought to the front, lost by a worker or given back by one. */
  get frontKey(): string {
    return `${this.#keys.prefix}:${queueName}:wait`
  }

  /** Whether BullMQ has jobs in line, behind those at the front. */
  async hasInLine(): Promise<boolean> {
    return (await (await this.#usable()).getJobCountByTypes('prioritized')) > 0
  }

  /** BullMQ's own view of it, to look at. */
  get bull(): Queue {
    return this.#queue
  }

  /** Takes a job that no worker has begun out of the line. */
  async remove(id: string): Promise<void> {
    await (await this.#usable()).remove(id)
  }

  async close(): Promise<void> {
    await this.#queue.close()
  }
}

/** Which attempt at its job this is: the one that BullMQ counts, behind those from before a `restore`. */
export function attemptOf(job: Job): number {
  const { attempts } = (job.data ?? {}) as { attempts?: unknown }
  return (Number.isSafeInteger(attempts) ? Number(attempts) : 0) + job.attemptsStarted
}
