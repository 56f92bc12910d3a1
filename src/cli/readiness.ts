// Waits until the service can answer a request.

import { setTimeout as sleep } from 'node:timers/promises'

const pollMs = 200
/** After this long in one state people want to know that it still waits, and for what. */
const hintAfterMs = 15_000

/** The address at which this machine reaches an API that listens on `host`. */
export function localUrl(host: string, port: number): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`
}

/** Resolves when GET /ready is 200. Waits for ever: the caller knows when waiting has become useless. */
export async function untilReady(url: string, say: (line: string) => void, signal: AbortSignal): Promise<void> {
  let saidAt = performance.now()
  for (;;) {
    const state = await readyState(url, signal)
    if (state === null) return
    if (performance.now() - saidAt > hintAfterMs) {
      say(`still waiting: ${state}`)
      saidAt = performance.now()
    }
    await sleep(pollMs, undefined, { signal })
  }
}

/** null when it is ready, else what it says about itself. */
async function readyState(url: string, signal: AbortSignal): Promise<string | null> {
  try {
    const response = await fetch(`${url}/ready`, { signal: AbortSignal.any([signal, AbortSignal.timeout(5000)]) })
    const body = await response.text()
    return response.ok ? null : `${url}/ready answers ${response.status} ${body.slice(0, 200)}`
  } catch (thrown) {
    signal.throwIfAborted()
    return `${url}/ready does not answer (${(thrown as Error).message})`
  }
}
