// Requests that are tried again where that is safe and may help: the connection broke, or the service says when.

import { errorOf, WorkflowError } from './errors.ts'

export interface ClientOptions {
  apiKey?: string | undefined
  /** How often in a row a request may be tried again before it counts as failed. Default: 8, about a minute. */
  maxRetries?: number
  /** Milliseconds before the first further try; each next one waits twice as long, up to 10 s. Default: 250. */
  firstRetryMs?: number
  /** For tests, or another transport. */
  fetch?: typeof fetch
}

const longestRetryMs = 10_000

export class Connection {
  /** Where the service is, without a slash at the end. */
  readonly url: string
  readonly #options: ClientOptions

  constructor(url: string, options: ClientOptions) {
    this.url = url.replace(/\/+$/, '')
    this.#options = options
  }

  /** One try. @throws WorkflowError for an answer that is not a success; what fetch throws when there is none */
  async send(path: string, init: RequestInit): Promise<Response> {
    const { apiKey, fetch: send = fetch } = this.#options
    const headers = new Headers(init.headers)
    if (apiKey !== undefined) headers.set('Authorization', `Bearer ${apiKey}`)
    const response = await send(this.url + path, { ...init, headers })
    if (response.ok) return response
    throw await errorOf(response)
  }

  /** As many tries as allowed; `work` says by resolving that it has succeeded. @throws what the last one threw */
  async persist<Value>(signal: AbortSignal | undefined, work: (retries: Retries) => Promise<Value>): Promise<Value> {
    const retries = new Retries(this.#options)
    for (;;) {
      try {
        return await work(retries)
      } catch (thrown) {
        await retries.next(thrown, signal)
      }
    }
  }

  retries(): Retries {
    return new Retries(this.#options)
  }
}

/** A POST with a key of its own: sent again, it attaches to the job that the first try has started. */
export function posted(body: string | Uint8Array<ArrayBuffer>, contentType = 'application/json'): RequestInit {
  const random = crypto.getRandomValues(new Uint32Array(4))
  const headers = { 'Content-Type': contentType, 'Idempotency-Key': [...random].join('-') }
  return { method: 'POST', headers, body }
}

/** How often something has failed in a row. */
export class Retries {
  readonly #most: number
  readonly #firstMs: number
  #failures = 0

  constructor({ maxRetries = 8, firstRetryMs = 250 }: ClientOptions) {
    this.#most = maxRetries
    this.#firstMs = firstRetryMs
  }

  /** There was progress: the count begins anew. */
  reset(): void {
    this.#failures = 0
  }

  /** Resolves when it is time for the next try. @throws what was thrown, when there is no use in one */
  async next(thrown: unknown, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted()
    if (this.#failures >= this.#most || !isPassing(thrown)) throw thrown
    const asked = thrown instanceof WorkflowError ? thrown.retryAfterMs : null
    const ownMs = Math.min(longestRetryMs, this.#firstMs * 2 ** this.#failures)
    this.#failures++
    // Not all clients of a service that was away at the same moment.
    await pause(asked ?? ownMs * (0.75 + Math.random() / 2), signal)
  }
}

/** fetch throws for a connection that broke; a status below 500 but for 429 says that the request itself is wrong. */
function isPassing(thrown: unknown): boolean {
  if (!(thrown instanceof WorkflowError)) return thrown instanceof Error
  return thrown.status !== null && [429, 502, 503, 504].includes(thrown.status)
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', done)
  })
  signal?.throwIfAborted()
}
