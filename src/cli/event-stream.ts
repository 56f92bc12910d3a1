// Sends a request and reads its answer as Server-Sent Events, with the time at which each event came.

import { sseMessages } from '../client/sse-messages.ts'

export interface TimedEvent {
  event: string
  id: string | undefined
  data: Record<string, unknown>
  /** Milliseconds since the request was sent. */
  atMs: number
}

/** Every event of the stream, up to its end. Throws when the answer is no event stream or an event's data is no JSON. */
export async function readEventStream(
  url: string,
  body: unknown,
  signal: AbortSignal,
  headers: Record<string, string> = {},
): Promise<TimedEvent[]> {
  const sentAt = performance.now()
  const response = await postJson(url, body, signal, headers)
  const type = response.headers.get('content-type') ?? 'no content type'
  if (!type.startsWith('text/event-stream')) throw new Error(`POST ${url} answered with ${type}, not an event stream`)
  if (response.body === null) throw new Error(`POST ${url} answered without a body`)
  const events: TimedEvent[] = []
  for await (const { event, id, data } of sseMessages(response)) {
    events.push({ event: event ?? 'message', id, data: JSON.parse(data), atMs: performance.now() - sentAt })
  }
  return events
}

/** Throws with the status and the beginning of the body when the answer is not a success. */
export async function postJson(
  url: string,
  body: unknown,
  signal: AbortSignal,
  headers: Record<string, string> = {},
): Promise<Response> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    signal,
  })
  if (!response.ok) throw new Error(`POST ${url} answered ${response.status}: ${(await response.text()).slice(0, 300)}`)
  return response
}
