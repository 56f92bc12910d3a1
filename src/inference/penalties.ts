// Penalties on tokens that a sequence has already used.

import type { SamplingParams } from './engine.ts'

type PenaltyParams = Pick<SamplingParams, 'repetitionPenalty' | 'presencePenalty' | 'frequencyPenalty'>

/** Which tokens a sequence holds: those of the prompt once, the generated ones counted. */
export class TokenCounts {
  readonly #seen: Set<number>
  readonly #generated = new Map<number, number>()

  constructor(prompt: Iterable<number>) {
    this.#seen = new Set(prompt)
  }

  /** Counts a generated token. */
  add(id: number): void {
    this.#seen.add(id)
    this.#generated.set(id, (this.#generated.get(id) ?? 0) + 1)
  }

  /** Applies the three penalties to `logits` in place, as `SamplingParams` defines them. */
  penalize(logits: Float32Array, params: PenaltyParams): void {
    const { repetitionPenalty, presencePenalty, frequencyPenalty } = params
    if (repetitionPenalty !== 1) {
      for (const id of this.#seen) {
        const logit = logits[id]!
        logits[id] = logit > 0 ? logit / repetitionPenalty : logit * repetitionPenalty
      }
    }
    if (presencePenalty === 0 && frequencyPenalty === 0) return
    for (const [id, count] of this.#generated) logits[id]! -= presencePenalty + frequencyPenalty * count
  }
}

export function penalizes(params: PenaltyParams): boolean {
  return params.repetitionPenalty !== 1 || params.presencePenalty !== 0 || params.frequencyPenalty !== 0
}
