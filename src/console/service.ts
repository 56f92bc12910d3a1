// The service as the page reaches it: JSON requests, and a job's events however often the connection breaks.

import { createParser, type EventSourceMessage } from 'eventsource-parser'

const keyName = 'workflowai-key'

/** Asked for when the service answers 401; resolves when there is another one to try. */
let askForKey: (() => Promise<boolean>) | null = null

export function onKeyWanted(ask: () => Promise<boolean>): void {
  askForKey = ask
}

/** null: none was given. */
export function storedKey(): string | null {
  return sessionStorage.getItem(keyName)
}

export function setKey(key: string): void {
  if (key === '') sessionStorage.removeItem(keyName)
  else sessionStorage.setItem(keyName, key)
}

export class ServiceError extends Error {
  readonly status: number
  readonly code: string
  readonly field: string | null

  constructor(status: number, code: string, message: string, field: string | null = null) {
    super(message)
    this.status = status
    this.code = code
    this.field = field
  }
}

/** @throws ServiceError what the service says of a refused request */
export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers)
  const key = storedKey()
  if (key !== null) headers.set('Authorization', `Bearer ${key}`)
  const response = await fetch(path, { ...init, headers })
  if (response.ok) return response
  if (response.status === 401 && askForKey !== null && (await askForKey())) return request(path, init)
  throw await refusal(response)
}

async function refusal(response: Response): Promise<ServiceError> {
  const body = (await response.json().catch(() => null)) as { error?: Record<string, string> } | null
  const { code = 'unknown', message = `the service answered ${response.status}`, field = null } = body?.error ?? {}
  const wait = response.headers.get('Retry-After')
  const again = wait === null ? '' : ` Try again in ${wait} s.`
  return new ServiceError(response.status, code, `${message}${again}`, field)
}

export async function json<Value>(path: string, init?: RequestInit): Promise<Value> {
  return (await request(path, init)).json() as Promise<Value>
}

export function post<Value>(path: string, body: unknown): Promise<Value> {
  return json(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) })
}

export interface ServerEvent {
  type: string
  // biome-ignore lint/suspicious/noExplicitAny: what the documented events hold
  data: any
}

/**
 * The events of a stream, whatever happens to the connection: it is opened again behind the last event that came.
 * Ends when the stream has ended, or when the signal aborts.
 * @param first a response that is streaming already
 * @throws ServiceError when the service refuses, for example because the job has expired
 */
export async function* follow(
  path: string,
  signal: AbortSignal,
  onConnection: (connected: boolean) => void = () => {},
  first: Response | null = null,
): AsyncGenerator<ServerEvent> {
  const cursor = { last: '' }
  let response = first
  for (let failures = 0; !signal.aborted; failures++) {
    try {
      response ??= await request(path, { signal, headers: cursor.last === '' ? {} : { 'Last-Event-ID': cursor.last } })
      if (response.status === 204) return
      onConnection(true)
      for await (const event of eventsOf(response, cursor)) {
        failures = 0
        yield event
        if (event.type === 'done' || event.type === 'error') return
      }
    } catch (thrown) {
      if (signal.aborted) return
      if (thrown instanceof ServiceError && thrown.status < 500 && thrown.status !== 429) throw thrown
    }
    response = null
    onConnection(false)
    await pause(Math.min(10_000, 250 * 2 ** failures))
  }
}

async function* eventsOf(response: Response, cursor: { last: string }): AsyncGenerator<ServerEvent> {
  const arrived: EventSourceMessage[] = []
  const parser = createParser({ onEvent: (event) => arrived.push(event) })
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  const decoder = new TextDecoder()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      parser.feed(decoder.decode(value, { stream: true }))
      for (const { id, event, data } of arrived.splice(0)) {
        if (id !== undefined) cursor.last = id
        yield { type: event ?? 'message', data: JSON.parse(data) }
      }
    }
  } finally {
    reader.cancel().catch(() => {})
  }
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
