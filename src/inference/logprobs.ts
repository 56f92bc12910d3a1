// Log-probabilities of the model's own distribution: log-softmax of the logits before penalties and temperature.

import { decay } from './decay.ts'

export interface RankedLogprob {
  id: number
  /** Natural logarithm. */
  logprob: number
}

export interface Logprobs extends RankedLogprob {
  /** The most probable tokens, best first, the lower id first among equals. */
  top: RankedLogprob[]
}

/** The log-probability of `id` and of the `count` most probable tokens. `logits` is `[vocabSize]`. */
export function logprobsOf(logits: Float32Array, id: number, count: number): Logprobs {
  const top = greatestIds(logits, Math.max(1, count))
  const max = logits[top[0] ?? id]!
  let sum = 0
  for (let i = 0; i < logits.length; i++) sum += decay(max - logits[i]!)
  const logTotal = max + Math.log(sum)
  const ranked = (token: number): RankedLogprob => ({ id: token, logprob: logits[token]! - logTotal })
  return { ...ranked(id), top: top.slice(0, count).map(ranked) }
}

/** By insertion into a short list: most logits fail the first comparison. */
function greatestIds(logits: Float32Array, count: number): number[] {
  const ids: number[] = []
  let least = Number.NEGATIVE_INFINITY
  for (let id = 0; id < logits.length; id++) {
    const logit = logits[id]!
    if (ids.length === count && !(logit > least)) continue
    let place = ids.length
    while (place > 0 && logits[ids[place - 1]!]! < logit) place--
    ids.splice(place, 0, id)
    if (ids.length > count) ids.pop()
    least = logits[ids.at(-1)!]!
  }
  return ids
}
