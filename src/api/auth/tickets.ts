// Tickets: an EventSource can't send a header, so it reads a job's stream with a short-lived secret in the URL. A ticket
// opens one job's stream and nothing else, any number of times while it lasts. Redis holds its hash only.

import { createHash, randomBytes } from 'node:crypto'
import type { Keys } from '../../stream/keys.ts'
import type { RedisClient } from '../../stream/redis.ts'

export const ticketSeconds = 60

const ticketBytes = 24
/** Anything else was never issued, and is not worth asking Redis about. */
const ticketForm = /^[\w-]{32}$/

export class Tickets {
  readonly #redis: RedisClient
  readonly #keys: Keys

  constructor(redis: RedisClient, keys: Keys) {
    this.#redis = redis
    this.#keys = keys
  }

  async issue(jobId: string): Promise<string> {
    const ticket = randomBytes(ticketBytes).toString('base64url')
    await this.#redis.set(this.#key(ticket), jobId, 'EX', ticketSeconds)
    return ticket
  }

  /** The job that a ticket is for; null when it is unknown or has expired. Any API process knows. */
  async jobOf(ticket: string): Promise<string | null> {
    return ticketForm.test(ticket) ? this.#redis.get(this.#key(ticket)) : null
  }

  #key(ticket: string): string {
    return this.#keys.ticket(createHash('sha256').update(ticket).digest('base64url'))
  }
}
