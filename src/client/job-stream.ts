// A job's events as they come: each once, in order, however often the connection breaks. What follows the last one that
// came is asked for again, at any API process of the service.

import type { EventSourceMessage } from 'eventsource-parser'
import type { Connection } from './connection.ts'
import { WorkflowError } from './errors.ts'
import { sseMessages } from './sse-messages.ts'
import type { JobEvent, Stopped } from './types.ts'

/** The request that begins a job. It is sent again where its answer was lost. */
export interface Beginning {
  path: string
  init: RequestInit
  /** Whether to send it again after this failure, of those that may pass. Default: always. */
  tryAgain?: (thrown: unknown) => boolean
}

export interface StreamStart {
  connection: Connection
  signal: AbortSignal | undefined
  /** null: for a job that is known by its id. */
  begin: Beginning | null
  /** The job's id, where it is known. */
  id: string | null
  /** The seq after which the caller wants to go on; -1: from the start. */
  after: number
}

/** Iterate it once. Leaving the loop leaves the job, which then stops unless it was told to continue. */
export class JobStream<Event extends JobEvent> implements AsyncIterable<Event> {
  readonly #start: StreamStart
  #id: string | null
  #seq: number

  constructor(start: StreamStart) {
    this.#start = start
    this.#id = start.id
    this.#seq = start.after
  }

  /** Known from the first event on; keep it to follow the job later. */
  get id(): string | null {
    return this.#id
  }

  /** The seq of the last event that came; -1: none. */
  get seq(): number {
    return this.#seq
  }

  /** Ends the job for all who follow it; the stream then ends with `cancelled`. @throws WorkflowError before it has an id */
  async stop({ signal }: { signal?: AbortSignal } = {}): Promise<Stopped> {
    if (this.#id === null) throw new WorkflowError('not_started', 'the job has no id yet: wait for the first event')
    const init = { method: 'DELETE', ...(signal && { signal }) }
    const response = await this.#start.connection.send(`/jobs/${encodeURIComponent(this.#id)}`, init)
    return (await response.json()) as Stopped
  }

  /** @throws WorkflowError when the request is refused, the job fails or has expired; the signal's reason when it aborts */
  async *[Symbol.asyncIterator](): AsyncGenerator<Event, void, undefined> {
    const { connection, signal, begin } = this.#start
    const retries = connection.retries()
    for (;;) {
      try {
        const response = await this.#open()
        if (response.status === 204) return
        this.#id ??= response.headers.get('X-Job-Id')
        for await (const message of sseMessages(response)) {
          const event = this.#take(message)
          if (event === null) continue
          retries.reset()
          yield event
          if (event.type === 'done') return
        }
        throw new TypeError('the stream ended before the job did')
      } catch (thrown) {
        if (this.#id === null && begin?.tryAgain?.(thrown) === false) throw thrown
        await retries.next(thrown, signal)
      }
    }
  }

  async #open(): Promise<Response> {
    const { connection, signal, begin } = this.#start
    const { path, init } =
      this.#id === null && begin !== null
        ? begin
        : {
            path: `/jobs/${encodeURIComponent(String(this.#id))}/stream`,
            init: { headers: { 'Last-Event-ID': String(this.#seq) } },
          }
    const response = await connection.send(path, { ...init, ...(signal && { signal }) })
    const type = response.headers.get('Content-Type') ?? 'no content type'
    if (response.status === 204 || type.startsWith('text/event-stream')) return response
    // Another program's page: asked again, it says the same.
    void response.body?.cancel()
    throw new WorkflowError('unavailable', `${connection.url} answers with ${type}, not with an event stream`)
  }

  /** null: it has come before. @throws WorkflowError for the event that says that the job failed */
  #take(message: EventSourceMessage): Event | null {
    const body = bodyOf(message)
    const { event: type } = message
    const seq = message.id !== undefined && /^\d+$/.test(message.id) ? Number(message.id) : null
    if (seq !== null) {
      if (seq <= this.#seq) return null
      this.#seq = seq
    }
    if (type === 'error') throw new WorkflowError(String(body.code), String(body.error))
    if (type === 'queued') this.#id ??= String(body.id)
    return { type, seq, ...body } as unknown as Event
  }
}

/** @throws WorkflowError */
function bodyOf({ event, data }: EventSourceMessage): Record<string, unknown> {
  try {
    const body: unknown = JSON.parse(data)
    if (typeof body === 'object' && body !== null) return body as Record<string, unknown>
    throw new SyntaxError('it is no object')
  } catch (cause) {
    const message = `the service sent a ${event} event that can't be read: ${data.slice(0, 200)}`
    throw new WorkflowError('unknown', message, { cause })
  }
}
