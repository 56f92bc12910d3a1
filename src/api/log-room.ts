// How much memory logs may take in this process before they are read: a request takes its share before its body comes,
// and gives it back when a thread has read the log, or when the request ends. Nobody keeps others out by holding shares:
// no key has more than half of the room, and where it is full, bodies that hardly come lose theirs.

import type { Request, RequestHandler, Response } from 'express'
import { AppError } from '../errors.ts'
import { callerOf, ownerOf } from './auth/caller.ts'

/** A body that has come more slowly than this for as long as this is cut when its room is needed. */
const patienceMs = 2000
const slowBytesPerSecond = 16 * 1024

interface Share {
  /** Empty without keys: then all requests are one owner's. */
  owner: string
  bytes: number
  since: number
  /** What the connection had received by then. */
  receivedBefore: number
}

export class LogRoom {
  readonly #mostBytes: number
  readonly #limitBytes: number
  readonly #shares = new Map<Request, Share>()

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
    const owner = ownerOf(callerOf(request))
    if (!this.#hasRoom(owner, bytes)) this.#cutSlowBodies()
    if (!this.#hasRoom(owner, bytes)) {
      const message = `logs of ${this.#heldBytes()} bytes are waiting to be read; try again later`
      throw new AppError('queue_full', message, { retryAfterSeconds: 5 })
    }
    this.#hold(request, response, owner, bytes)
    next()
  }

  /** The log of the request has been read. */
  leave(request: Request): void {
    this.#shares.delete(request)
  }

  #hasRoom(owner: string, bytes: number): boolean {
    if (this.#heldBytes() + bytes > this.#mostBytes) return false
    return owner === '' || this.#heldBytes(owner) + bytes <= this.#mostBytes / 2
  }

  #heldBytes(owner?: string): number {
    let held = 0
    for (const share of this.#shares.values()) if (owner === undefined || share.owner === owner) held += share.bytes
    return held
  }

  #hold(request: Request, response: Response, owner: string, bytes: number): void {
    this.#shares.set(request, { owner, bytes, since: performance.now(), receivedBefore: request.socket.bytesRead })
    response.once('close', () => this.leave(request))
  }

  #cutSlowBodies(): void {
    for (const [request, { since, receivedBefore }] of this.#shares) {
      const ms = performance.now() - since
      const received = request.socket.bytesRead - receivedBefore
      if (request.complete || ms < patienceMs || (received * 1000) / ms >= slowBytesPerSecond) continue
      request.socket.destroy()
      this.leave(request)
    }
  }
}
