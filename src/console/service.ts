// The service as the page reaches it: with the tab's key, which is asked for when the service wants one.

import { createClient } from '../client/client.ts'
import { errorOf } from '../client/errors.ts'
import { sseMessages } from '../client/sse-messages.ts'

const keyName = 'workflowai-key'
const longestPauseMs = 10_000

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

/** fetch, with the key. */
const send: typeof fetch = async (input, init) => {
  const headers = new Headers(init?.headers)
  const key = storedKey()
  if (key !== null) headers.set('Authorization', `Bearer ${key}`)
  const response = await fetch(input, { ...init, headers })
  if (response.status !== 401 || askForKey === null || !(await askForKey())) return response
  return send(input, init)
}

/**
 * The client for one job, whose stream is opened again as often as it breaks.
 * @param onConnection whether it is open just now
 */
export function jobClient(onConnection: (connected: boolean) => void = () => {}) {
  let tries = 0
  return createClient('', {
    maxRetries: Number.POSITIVE_INFINITY,
    fetch: async (input, init) => {
      if (tries++ > 0) onConnection(false)
      const response = await send(input, init)
      onConnection(true)
      return response
    },
  })
}

/** @throws WorkflowError what the service says of a refused request */
export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const response = await send(path, init)
  if (response.ok) return response
  throw await errorOf(response)
}

export async function post<Value>(path: string, body: unknown): Promise<Value> {
  const headers = { 'Content-Type': 'application/json' }
  const response = await request(path, { method: 'POST', headers, body: JSON.stringify(body) })
  return (await response.json()) as Value
}

/** The feed of the whole service, opened again as often as it breaks; ends when the signal aborts. @throws WorkflowError */
export async function* activity(signal: AbortSignal, onConnection: (connected: boolean) => void) {
  for (let failures = 0; !signal.aborted; failures++) {
    try {
      const response = await request('/activity', { signal })
      onConnection(true)
      for await (const { event, data } of sseMessages(response)) {
        failures = 0
        yield { type: event ?? 'message', data: JSON.parse(data) }
      }
    } catch (thrown) {
      if (signal.aborted) return
      // fetch throws a TypeError when there is no connection; what the service refuses it goes on refusing.
      if (!(thrown instanceof TypeError)) throw thrown
    }
    onConnection(false)
    await new Promise((resolve) => setTimeout(resolve, Math.min(longestPauseMs, 250 * 2 ** failures)))
  }
}
