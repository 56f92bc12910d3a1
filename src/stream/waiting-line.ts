// The line as workers see it: who is next. BullMQ carries the jobs and knows who holds which; whose turn it is, is decided
// here, fairly between owners, and brought to BullMQ's front just before it is taken.

import type { Keys } from './keys.ts'
import type { JobQueue } from './queue.ts'
import type { RedisClient } from './redis.ts'
import { defineScript, type Script } from './script.ts'
import { pickScript } from './scripts/pick.ts'

/** A worker that picked a job opens it within milliseconds. After this long it is another's. */
const pickLifeMs = 2000

export class WaitingLine {
  readonly #keys: Keys
  readonly #queue: Pick<JobQueue, 'bringToFront' | 'hasFront'>
  readonly #pick: Script

  constructor(redis: RedisClient, keys: Keys, queue: Pick<JobQueue, 'bringToFront' | 'hasFront'>) {
    this.#keys = keys
    this.#queue = queue
    this.#pick = defineScript(redis, 'wfPick', pickScript)
  }

  /**
   * Brings the next job to BullMQ's front.
   * @param slots of all live workers
   * @returns whether there is a job to take now: this one, or one that a worker has lost or given back
   */
  async advance(slots: number): Promise<boolean> {
    const { waiting, held, fair } = this.#keys
    const id = await this.#pick(3, waiting, held, fair, slots, pickLifeMs, this.#keys.job(''))
    if (id === '') return this.#queue.hasFront()
    await this.#queue.bringToFront(String(id))
    return true
  }
}
