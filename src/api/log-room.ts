// How much memory logs may take in this process before they are read: a request takes its share before its body comes,
// and gives it back when a thread has read the log, or when the request ends.

import type { Request, RequestHandler, Response } from 'express'
import { AppError } from '../errors.ts'

export class LogRoom {
  readonly #mostBytes: number
  readonly #limitBytes: number
  #heldBytes = 0
  readonly #held = new WeakMap<Request, () => void>()

  /** @param limitBytes what one log may have; room is for four of that size */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
    this.#mostBytes = 4 * limitBytes
  }

  /** Refuses with `queue_full` what has no room now. A body of unknown length counts as a largest one. */
  readonly enter: RequestHandler = (request, response, next) => {
    const announced = Number(request.headers['content-length'] ?? this.#limitBytes)
    const packed = request.headers['content-encoding'] !== undefined
    const bytes = packed ? this.#limitBytes : Math.min(announced, this.#limitBytes)
    if (this.#heldBytes + bytes > this.#mostBytes) {
      const message = `logs of ${this.#heldBytes} bytes are waiting to be read; try again later`
      throw new AppError('queue_full', message, { retryAfterSeconds: 5 })
    }
    this.#hold(request, response, bytes)
    next()
  }

  /** The log of the request has been read. */
  leave(request: Request): void {
    this.#held.get(request)?.()
  }

  #hold(request: Request, response: Response, bytes: number): void {
    this.#heldBytes += bytes
    let held = true
    const leave = () => {
      if (held) this.#heldBytes -= bytes
      held = false
    }
    this.#held.set(request, leave)
    response.once('close', leave)
  }
}
