// Log-probabilities in the two forms of OpenAI's API.

import type { TokenEvent } from '../../stream/events.ts'

export function chatLogprobs(events: TokenEvent[]) {
  const content = events.flatMap(({ logprob }) =>
    logprob ? [{ ...named(logprob), top_logprobs: logprob.top.map(named) }] : [],
  )
  return { content, refusal: null }
}

export function completionLogprobs(entries: { event: TokenEvent; offset: number }[]) {
  const reported = entries.flatMap(({ event: { logprob }, offset }) => (logprob ? [{ ...logprob, offset }] : []))
  return {
    tokens: reported.map(({ token }) => token),
    token_logprobs: reported.map(({ logprob }) => logprob),
    top_logprobs: reported.map(({ top }) => Object.fromEntries(top.map(({ token, logprob }) => [token, logprob]))),
    text_offset: reported.map(({ offset }) => offset),
  }
}

function named({ token, logprob }: { token: string; logprob: number }) {
  return { token, logprob, bytes: bytesOf(token) }
}

/** A token that isn't whole characters is spelled as its bytes: `bytes:\xf0\x9f`. */
function bytesOf(token: string): number[] {
  const spelled = /^bytes:((?:\\x[0-9a-f]{2})+)$/.exec(token)?.[1]
  return [...(spelled === undefined ? Buffer.from(token, 'utf8') : Buffer.from(spelled.replaceAll('\\x', ''), 'hex'))]
}
