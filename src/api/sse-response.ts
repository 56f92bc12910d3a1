// A Server-Sent Events response: the head, frames with back-pressure, comments while nothing happens.

import type { Response } from 'express'
import { drained } from './drained.ts'

const heartbeatMs = 15_000
const retryMs = 3000

/** Of this process; one timer serves all of them. */
const open = new Set<SseResponse>()
setInterval(() => {
  for (const response of open) response.keepAlive()
}, heartbeatMs / 3).unref()

export class SseResponse {
  readonly #response: Response
  #lastWrite = performance.now()

  /**
   * Sends the head at once, so that the client sees that it was accepted.
   * @param jobId of the header; several are joined by commas; null: a stream of no single job
   * @param reconnects whether the client can come back to this stream by itself, and is told after how long
   */
  constructor(response: Response, jobId: string | null, { reconnects } = { reconnects: true }) {
    this.#response = response
    // Not through Express's set(), which would add a charset that the format does not have.
    response.writeHead(200, {
      'Content-Type': 'text/event-stream',
      // no-transform: compressing middleware gathers many tokens into one chunk.
      'Cache-Control': 'no-cache, no-transform',
      'X-Accel-Buffering': 'no',
      ...(jobId !== null && { 'X-Job-Id': jobId }),
    })
    response.flushHeaders()
    // Who asks with HEAD wants no more; nothing that is written later goes out.
    if (response.req.method === 'HEAD') response.end()
    else if (reconnects) response.write(`retry: ${retryMs}\n\n`)
    open.add(this)
    response.on('close', () => open.delete(this))
  }

  /** Resolves when the client can take more. @returns false when it has gone, or was stuck: it can resume by id */
  async write(frames: string): Promise<boolean> {
    if (this.#response.destroyed || this.#response.writableEnded) return false
    this.#lastWrite = performance.now()
    if (this.#response.write(frames)) return true
    return drained(this.#response)
  }

  /** Writes only if the client keeps up; for what is not worth waiting for. */
  offer(frame: string): void {
    if (this.#response.destroyed || this.#response.writableEnded || this.#response.writableNeedDrain) return
    this.#lastWrite = performance.now()
    this.#response.write(frame)
  }

  end(): void {
    this.#response.end()
  }

  /** Breaks the connection: what was sent does not look complete. */
  cut(): void {
    this.#response.destroy()
  }

  /** Says something if it has been silent for long. */
  keepAlive(): void {
    if (performance.now() - this.#lastWrite >= heartbeatMs) this.offer(': keep-alive\n\n')
  }
}
