// Speaks to a running service: POST /generate/stream, and when the connection breaks GET /jobs/:id/stream from the last
// event seen, a bounded number of times in a row. Each token is yielded exactly once; a stream that ends without `done`
// or `error` is never taken for success.

import type { EventSourceMessage } from 'eventsource-parser'
import { sseMessages } from '../client/sse-messages.ts'
import { AppError } from '../errors.ts'
import type { GenerateChunk, GenerateInput, GenerateTransport } from './generate-transport.ts'
import { chunkOf } from './stream-message.ts'
import { errorOfResponse } from './wire-error.ts'

export interface HttpTransportOptions {
  /** Where the service is: `http://127.0.0.1:8004`. */
  url: string
  apiKey?: string | undefined
  /** Resumptions in a row that bring no new event. */
  maxResumes?: number
  /** Milliseconds before the first resumption; doubled for each further one. */
  resumeDelayMs?: number
}

/** What is known of the job that a generation became. */
interface Cursor {
  jobId: string | null
  lastEventId: number
}

const stopTimeoutMs = 2000

export class HttpTransport implements GenerateTransport {
  readonly #base: string
  readonly #headers: Record<string, string>
  readonly #maxResumes: number
  readonly #resumeDelayMs: number

  constructor({ url, apiKey, maxResumes = 4, resumeDelayMs = 250 }: HttpTransportOptions) {
    this.#base = url.replace(/\/+$/, '')
    this.#headers = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }
    this.#maxResumes = maxResumes
    this.#resumeDelayMs = resumeDelayMs
  }

  async *generate(
    request: GenerateInput,
    { signal }: { signal?: AbortSignal | undefined },
  ): AsyncGenerator<GenerateChunk> {
    const cursor: Cursor = { jobId: null, lastEventId: -1 }
    let resumes = 0
    let over = false
    try {
      for (;;) {
        const before = cursor.lastEventId
        try {
          for await (const chunk of this.#read(request, cursor, signal)) {
            over = chunk.type === 'end'
            yield chunk
            if (over) return
          }
          throw new BrokenStream('it ended without a done or error event')
        } catch (thrown) {
          signal?.throwIfAborted()
          if (!(thrown instanceof BrokenStream)) {
            over = true
            throw thrown
          }
          resumes = cursor.lastEventId > before ? 1 : resumes + 1
          if (cursor.jobId === null || resumes > this.#maxResumes) throw this.#broken(thrown, cursor)
        }
        await pause(this.#resumeDelayMs * 2 ** (resumes - 1), signal)
      }
    } finally {
      // Nobody reads on: free the slot now instead of when the reader's lease lapses.
      if (!over && cursor.jobId !== null && request.on_disconnect !== 'continue') void this.#stop(cursor.jobId)
    }
  }

  /** One connection's chunks. Moves the cursor. Throws BrokenStream where another connection may go on. */
  async *#read(request: GenerateInput, cursor: Cursor, signal: AbortSignal | undefined): AsyncGenerator<GenerateChunk> {
    const response = await this.#connect(request, cursor, signal)
    cursor.jobId ??= response.headers.get('x-job-id')
    for await (const { event, id, data } of messagesOf(response)) {
      const seq = id === undefined ? Number.NaN : Number(id)
      // A resumed stream may repeat what was seen.
      if (seq <= cursor.lastEventId) continue
      const chunk = chunkOf(event ?? 'message', data)
      if (!Number.isNaN(seq)) cursor.lastEventId = seq
      if (chunk !== null) yield chunk
    }
  }

  async #connect(
    request: GenerateInput,
    { jobId, lastEventId }: Cursor,
    signal: AbortSignal | undefined,
  ): Promise<Response> {
    const accept = { ...this.#headers, accept: 'text/event-stream' }
    const response = await (jobId === null
      ? fetch(`${this.#base}/generate/stream`, {
          method: 'POST',
          headers: { ...accept, 'content-type': 'application/json' },
          body: JSON.stringify(request),
          signal: signal ?? null,
        })
      : fetch(`${this.#base}/jobs/${encodeURIComponent(jobId)}/stream`, {
          headers: { ...accept, 'last-event-id': String(lastEventId) },
          signal: signal ?? null,
        })
    ).catch((cause: unknown) => {
      signal?.throwIfAborted()
      throw new BrokenStream('the service cannot be reached', cause)
    })
    if (response.status === 200 && response.body !== null) return response
    const error = await errorOfResponse(response)
    // While the service restarts, a proxy or the service itself answers 502 or 503: the job goes on without us.
    if (jobId !== null && response.status >= 500) throw new BrokenStream(error.message, error)
    throw error
  }

  #broken(thrown: BrokenStream, { jobId, lastEventId }: Cursor): AppError {
    const job = jobId === null ? '' : ` of job ${jobId} after event ${lastEventId}`
    return new AppError('unavailable', `the stream${job} from ${this.#base} broke: ${thrown.message}`, {
      cause: thrown.cause ?? thrown,
    })
  }

  /** Never rejects: the job ends by itself when its readers are gone, this only makes it sooner. */
  async #stop(jobId: string): Promise<void> {
    try {
      const response = await fetch(`${this.#base}/jobs/${encodeURIComponent(jobId)}`, {
        method: 'DELETE',
        headers: this.#headers,
        signal: AbortSignal.timeout(stopTimeoutMs),
      })
      await response.body?.cancel()
    } catch {
      // See above.
    }
  }
}

/** The connection ended before the job did. */
class BrokenStream extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause })
  }
}

async function* messagesOf(response: Response): AsyncGenerator<EventSourceMessage> {
  try {
    yield* sseMessages(response)
  } catch (cause) {
    throw new BrokenStream('the connection was lost', cause)
  }
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(finish, ms)
    signal?.addEventListener('abort', finish, { once: true })
    function finish() {
      clearTimeout(timer)
      signal?.removeEventListener('abort', finish)
      if (signal?.aborted) reject(signal.reason)
      else resolve()
    }
  })
}
