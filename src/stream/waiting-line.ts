// The line as workers see it: who is next. BullMQ carries the jobs and knows who holds which; whose turn it is, is decided
// here, fairly between owners, and brought to BullMQ's front just before it is taken.

import type { Keys } from './keys.ts'
import type { JobQueue } from './queue.ts'
import type { RedisClient } from './redis.ts'
import { defineScript, type Script } from './script.ts'
import { pickScript } from './scripts/pick.ts'
import type { SharedKeys } from './shared-keys.ts'

/** A worker that picked a job opens it within milliseconds. After this long it is another's. */
const pickLifeMs = 2000

/** What BullMQ gives out next. `ended`: only jobs that have ended meanwhile, to be cleared away. */
export type Turn = { kind: 'job'; id: string } | { kind: 'ended' }

type Picked = ['job', id: string, fence: string | number, isNext: number] | ['full'] | ['empty']

type FrontOfQueue = Pick<JobQueue, 'frontKey' | 'bringToFront' | 'hasInLine' | 'restore'>

export class WaitingLine {
  readonly #keys: Keys
  readonly #queue: FrontOfQueue
  readonly #shared: Pick<SharedKeys, 'use'>
  readonly #pick: Script
  readonly #redis: RedisClient

  constructor(redis: RedisClient, keys: Keys, queue: FrontOfQueue, shared: Pick<SharedKeys, 'use'>) {
    this.#redis = redis
    this.#keys = keys
    this.#queue = queue
    this.#shared = shared
    this.#pick = defineScript(redis, 'wfPick', pickScript)
  }

  /**
   * Brings the next job to BullMQ's front.
   * @param slots of all live workers
   * @returns null: there is nothing to take
   */
  async advance(slots: number): Promise<Turn | null> {
    const { waiting, held, fair } = this.#keys
    const keys = [waiting, held, fair, this.#queue.frontKey]
    const pick = () => this.#pick(keys.length, ...keys, slots, pickLifeMs, this.#keys.job(''))
    const picked = (await this.#shared.use(null, pick)) as Picked
    if (picked[0] === 'full') return null
    if (picked[0] === 'empty') return (await this.#queue.hasInLine()) ? { kind: 'ended' } : null
    const [, id, fence, isNext] = picked
    // BullMQ adds a job again whose data it has lost: one that is first already is left as it is.
    if (isNext !== 1) await this.#bringToFront(id, Number(fence) || 0)
    return { kind: 'job', id }
  }

  async #bringToFront(id: string, attempts: number): Promise<void> {
    try {
      await this.#queue.bringToFront(id, attempts)
    } catch (thrown) {
      if ((thrown as Error).name !== 'ReplyError') throw thrown
      // A key of BullMQ holds something else.
      await this.missed(id)
      await this.#queue.bringToFront(id, attempts)
    }
  }

  /** What `advance` has brought to the front did not come: another worker has it, or BullMQ has lost sight of it. */
  async missed(id: string): Promise<void> {
    const fence = await this.#redis.hget(this.#keys.job(id), 'fence')
    if (fence !== null) await this.#queue.restore(id, Number(fence) || 0)
  }
}
