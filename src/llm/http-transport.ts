// Speaks to a running service: a generation is a job of it, whose stream is resumed where the connection breaks, a bounded
// number of times in a row. Each token is yielded exactly once; a stream that ends without `done` or `error` is never
// taken for success.

import { Connection, posted } from '../client/connection.ts'
import type { GenerateEvent } from '../client/types.ts'
import type { GenerateChunk, GenerateInput, GenerateTransport } from './generate-transport.ts'
import { serviceJob } from './service-job.ts'
import { chunkOf } from './stream-chunk.ts'

export interface HttpTransportOptions {
  /** Where the service is: `http://127.0.0.1:8004`. */
  url: string
  apiKey?: string | undefined
  /** Resumptions in a row that bring no new event. */
  maxResumes?: number
  /** Milliseconds before the first resumption; doubled for each further one. */
  resumeDelayMs?: number
}

export class HttpTransport implements GenerateTransport {
  readonly #connection: Connection

  constructor({ url, apiKey, maxResumes = 4, resumeDelayMs = 250 }: HttpTransportOptions) {
    this.#connection = new Connection(url, { apiKey, maxRetries: maxResumes, firstRetryMs: resumeDelayMs })
  }

  async *generate(
    request: GenerateInput,
    { signal }: { signal?: AbortSignal | undefined },
  ): AsyncGenerator<GenerateChunk> {
    const events = serviceJob<GenerateEvent>(this.#connection, {
      path: '/generate/stream',
      init: posted(JSON.stringify(request)),
      stopWhenLeft: request.on_disconnect !== 'continue',
      signal,
    })
    for await (const event of events) {
      const chunk = chunkOf(event)
      if (chunk !== null) yield chunk
    }
  }
}
