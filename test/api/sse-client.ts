// Reads an SSE response as a client does: events with id, type and parsed data, comments apart.

import { createParser } from 'eventsource-parser'

export interface ClientEvent {
  id: number | null
  type: string
  data: Record<string, unknown>
  /** Milliseconds since the request. */
  at: number
}

export interface StreamResult {
  response: Response
  events: ClientEvent[]
  /** The joined tokens. */
  text: string
  end: ClientEvent | undefined
}

/** Follows a response while events come; `until` ends it early by closing the connection. */
export async function* followStream(response: Response, startedAt = performance.now()): AsyncGenerator<ClientEvent> {
  const queue: ClientEvent[] = []
  const parser = createParser({
    onEvent: ({ id, event, data }) =>
      queue.push({
        id: id === undefined ? null : Number(id),
        type: event ?? 'message',
        data: JSON.parse(data),
        at: performance.now() - startedAt,
      }),
  })
  const decoder = new TextDecoder()
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    parser.feed(decoder.decode(chunk, { stream: true }))
    yield* queue.splice(0)
  }
}

export async function readStream(response: Response): Promise<StreamResult> {
  const events: ClientEvent[] = []
  for await (const event of followStream(response)) events.push(event)
  return { response, events, text: textOf(events), end: events.at(-1) }
}

/** A stream whose events can be looked at while they come. */
export function watchStream(response: Response): { events: ClientEvent[]; ended: Promise<void> } {
  const events: ClientEvent[] = []
  const read = async () => {
    for await (const event of followStream(response)) events.push(event)
  }
  return { events, ended: read() }
}

export function textOf(events: ClientEvent[]): string {
  return events.flatMap(({ type, data }) => (type === 'token' ? [data.token as string] : [])).join('')
}

export function post(url: string, body: unknown, init: RequestInit = {}): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...init.headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...(init.signal && { signal: init.signal }),
  })
}

export async function streamOf(url: string, body: unknown): Promise<StreamResult> {
  return readStream(await post(url, body))
}
