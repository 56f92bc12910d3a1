// Requests with wrong keys at a steady rate, each with another key, and what they were answered.

import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

const tickMs = 10

export interface WrongKeyRequest {
  method: 'GET' | 'POST' | 'DELETE'
  path: string
  body?: string
}

export class WrongKeyFlood {
  /** How often each status was answered; 0: the connection broke. */
  readonly answers = new Map<number, number>()
  sent = 0
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 32 })
  readonly #url: string
  readonly #requests: WrongKeyRequest[]
  readonly #open = new Set<Promise<void>>()
  readonly #running: Promise<void>
  #stopped = false

  /** Starts at once. What the requests ask for goes round. */
  constructor(url: string, perSecond: number, requests: WrongKeyRequest[]) {
    this.#url = url
    this.#requests = requests
    this.#running = this.#run(perSecond)
  }

  get answered(): number {
    return [...this.answers.values()].reduce((sum, count) => sum + count, 0)
  }

  /** Sends no more; resolves when all that was sent is answered. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#running
    await Promise.all(this.#open)
    this.#agent.destroy()
  }

  async #run(perSecond: number): Promise<void> {
    const startedAt = performance.now()
    while (!this.#stopped) {
      // A late tick sends what the ones before it should have.
      const due = ((performance.now() - startedAt) / 1000) * perSecond
      while (this.sent < due) this.#send(this.sent++)
      await sleep(tickMs)
    }
  }

  #send(index: number): void {
    const one = this.#one(index).then((status) => {
      this.answers.set(status, (this.answers.get(status) ?? 0) + 1)
      this.#open.delete(one)
    })
    this.#open.add(one)
  }

  #one(index: number): Promise<number> {
    const { method, path, body } = this.#requests[index % this.#requests.length]!
    const headers = { authorization: `Bearer wrong-key-${index}`, ...(body && { 'content-type': 'application/json' }) }
    return new Promise((resolve) => {
      const sent = request(this.#url + path, { method, headers, agent: this.#agent }, (response) => {
        response.resume().once('close', () => resolve(response.statusCode ?? 0))
      })
      sent.once('error', () => resolve(0))
      sent.end(body)
    })
  }
}
