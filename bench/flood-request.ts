// One request of a flood, and what became of it.

import { createParser } from 'eventsource-parser'

export interface Accepted {
  kind: 'accepted'
  /** Of its first event. */
  etaMs: number
  /** What the service says afterwards that it was. */
  queuedMs: number
  /** Whether it came to its `done`. */
  ended: boolean
}

export type Outcome =
  | Accepted
  | { kind: 'refused'; at: number; retryAfterSeconds: number }
  | { kind: 'other'; what: string }

export const acceptedOf = (outcomes: Outcome[]): Accepted[] => outcomes.filter((outcome) => outcome.kind === 'accepted')

/** Never rejects. */
export async function request(url: string, prompt: string, newTokens: number): Promise<Outcome> {
  try {
    const body = JSON.stringify({ prompt, max_tokens: newTokens, ignore_eos: true })
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    const retryAfterSeconds = Number(response.headers.get('retry-after') ?? Number.NaN)
    if (response.status === 429 && retryAfterSeconds >= 1) {
      const at = performance.now()
      await response.text()
      return { kind: 'refused', at, retryAfterSeconds }
    }
    if (!response.ok) return { kind: 'other', what: `${response.status} ${await response.text()}` }
    return read(await response.text())
  } catch (thrown) {
    return { kind: 'other', what: String(thrown) }
  }
}

function read(text: string): Accepted {
  const accepted: Accepted = { kind: 'accepted', etaMs: Number.NaN, queuedMs: Number.NaN, ended: false }
  const parser = createParser({
    onEvent: ({ event, id, data }) => {
      if (event === 'queued' && id === '0') accepted.etaMs = JSON.parse(data).eta_ms
      if (event !== 'done') return
      accepted.ended = true
      accepted.queuedMs = JSON.parse(data).timings.queued_ms
    },
  })
  parser.feed(text)
  return accepted
}
