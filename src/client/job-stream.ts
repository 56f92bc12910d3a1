// A job's events as they come: each once, in order, however often the connection breaks. What follows the last one that
// came is asked for again, at any API process of the service.

import type { EventSourceMessage } from 'eventsource-parser'
import type { Connection } from './connection.ts'
import { WorkflowError } from './errors.ts'
import { sseMessages } from './sse-messages.ts'
import type { JobEvent, Stopped } from './types.ts'

export interface StreamStart {
  connection: Connection
  signal: AbortSignal | undefined
  /** Begins the job, or null for one that is known by its id. Sent again where its answer was lost. */
  begin: (() => Promise<Response>) | null
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
  async stop(): Promise<Stopped> {
    if (this.#id === null) throw new WorkflowError('not_started', 'the job has no id yet: wait for the first event')
    const response = await this.#start.connection.send(`/jobs/${this.#id}`, { method: 'DELETE' })
    return (await response.json()) as Stopped
  }

  /** @throws WorkflowError when the request is refused, the job fails or has expired; the signal's reason when it aborts */
  async *[Symbol.asyncIterator](): AsyncGenerator<Event, void, undefined> {
    const { connection, signal } = this.#start
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
        await retries.next(thrown, signal)
      }
    }
  }

  #open(): Promise<Response> {
    const { connection, signal, begin } = this.#start
    if (this.#id === null && begin !== null) return begin()
    const headers = { 'Last-Event-ID': String(this.#seq) }
    return connection.send(`/jobs/${this.#id}/stream`, { headers, ...(signal && { signal }) })
  }

  /** null: it has come before. @throws WorkflowError for the event that says that the job failed */
  #take({ id, event, data }: EventSourceMessage): Event | null {
    const body = JSON.parse(data) as Record<string, unknown>
    const seq = id === undefined ? null : Number(id)
    if (seq !== null) {
      if (seq <= this.#seq) return null
      this.#seq = seq
    }
    if (event === 'error') throw new WorkflowError(String(body.code), String(body.error))
    if (event === 'queued') this.#id ??= String(body.id)
    return { type: event, seq, ...body } as unknown as Event
  }
}
