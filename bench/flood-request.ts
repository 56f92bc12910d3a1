// One client of a flood: it comes back when it was told to, until it is admitted, and tells what became of it.

import { setTimeout as sleep } from 'node:timers/promises'
import { createParser } from 'eventsource-parser'

export interface Accepted {
  kind: 'accepted'
  /** What the first refusal promised; null where there was none. */
  retryAfterMs: number | null
  /** From the first refusal to the admission. */
  untilAdmittedMs: number
  refusals: number
  /** Of its first event. */
  etaMs: number
  /** What the service says afterwards that it was. */
  queuedMs: number
  /** Whether it came to its `done`. */
  ended: boolean
}

export type Outcome = Accepted | { kind: 'other'; what: string }

/** Never rejects. */
export async function request(url: string, prompt: string, newTokens: number): Promise<Outcome> {
  const body = JSON.stringify({ prompt, max_tokens: newTokens, ignore_eos: true })
  let first: { at: number; retryAfterMs: number } | null = null
  for (let refusals = 0; ; refusals++) {
    try {
      const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
      const at = performance.now()
      const text = response.text()
      const retryAfterMs = Number(response.headers.get('retry-after') ?? Number.NaN) * 1000
      if (response.status === 429 && retryAfterMs >= 1000) {
        await text
        first ??= { at, retryAfterMs }
        await sleep(at + retryAfterMs - performance.now())
      } else if (!response.ok) return { kind: 'other', what: `${response.status} ${await text}` }
      else {
        const untilAdmittedMs = first === null ? 0 : at - first.at
        return {
          kind: 'accepted',
          retryAfterMs: first?.retryAfterMs ?? null,
          untilAdmittedMs,
          refusals,
          ...read(await text),
        }
      }
    } catch (thrown) {
      return { kind: 'other', what: String(thrown) }
    }
  }
}

function read(text: string): Pick<Accepted, 'etaMs' | 'queuedMs' | 'ended'> {
  const seen = { etaMs: Number.NaN, queuedMs: Number.NaN, ended: false }
  const parser = createParser({
    onEvent: ({ event, id, data }) => {
      if (event === 'queued' && id === '0') seen.etaMs = JSON.parse(data).eta_ms
      if (event !== 'done') return
      seen.ended = true
      seen.queuedMs = JSON.parse(data).timings.queued_ms
    },
  })
  parser.feed(text)
  return seen
}
