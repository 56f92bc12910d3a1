// One row of logits to one token id: greedy by a single pass at temperature 0, else temperature, top-k, top-p, min-p in
// that order and a draw by (seed, position). Penalties come first, for greedy too. The row is never changed.

import { AppError } from '../errors.ts'
import { Candidates } from './candidates.ts'
import type { SamplingParams } from './engine.ts'
import { penalizes, type TokenCounts } from './penalties.ts'
import { Noise } from './random.ts'

export interface SamplingInput {
  params: SamplingParams
  /** Index of the token to be drawn among the sequence's generated tokens. */
  position: number
  /** What the sequence holds; needed where the params penalize. */
  counts: TokenCounts | null
  /** `[ceil(vocabSize / 32)]`, one bit a token, the lowest first: those that may be drawn; null: all. */
  allowed: Int32Array | null
  /** Ids that may not be drawn now. */
  banned: Iterable<number> | null
}

export class Sampler {
  readonly #candidates: Candidates
  readonly #adjusted: Float32Array

  constructor(vocabSize: number) {
    this.#candidates = new Candidates(vocabSize)
    this.#adjusted = new Float32Array(vocabSize)
  }

  /** @param row `[vocabSize]`. Throws `engine_failed` when it holds no number above -infinity. */
  sample(row: Float32Array, input: SamplingInput): number {
    const { params } = input
    const logits = this.#adjust(row, input)
    const best = greatest(logits)
    // 0, or so close to it that its inverse is no number.
    if (!Number.isFinite(1 / params.temperature)) return best
    this.#candidates.gather(logits, logits[best]!, params.temperature)
    if (params.topK > 0) this.#candidates.keepTopK(params.topK)
    if (params.topP < 1) this.#candidates.keepTopP(params.topP)
    if (params.minP > 0) this.#candidates.keepMinP(params.minP)
    return this.#candidates.draw(new Noise(params.seed, input.position))
  }

  #adjust(row: Float32Array, { params, counts, allowed, banned }: SamplingInput): Float32Array {
    const penalized = counts !== null && penalizes(params)
    if (!penalized && banned === null && allowed === null) return row
    this.#adjusted.set(row)
    if (allowed !== null) keepAllowed(this.#adjusted, allowed)
    if (penalized) counts.penalize(this.#adjusted, params)
    for (const id of banned ?? []) this.#adjusted[id] = Number.NEGATIVE_INFINITY
    return this.#adjusted
  }
}

/** Whole words first: in a text of a format mostly none of their tokens may come, or all. */
function keepAllowed(logits: Float32Array, allowed: Int32Array): void {
  for (let first = 0; first < logits.length; first += 32) {
    const word = allowed[first >> 5] ?? 0
    if (word === -1) continue
    const end = Math.min(first + 32, logits.length)
    for (let id = first; id < end; id++) if (((word >>> (id & 31)) & 1) === 0) logits[id] = Number.NEGATIVE_INFINITY
  }
}

/**
 * The id of the greatest logit, the lowest of equals. Next to none is greater than all before it, so eight are asked
 * together: less than half of the time of asking each.
 */
function greatest(logits: Float32Array): number {
  let max = Number.NEGATIVE_INFINITY
  let best = -1
  const look = (id: number) => {
    if (!(logits[id]! > max)) return
    max = logits[id]!
    best = id
  }
  const whole = logits.length & ~7
  for (let from = 0; from < whole; from += 8) {
    if (anyAbove(logits, from, max)) for (let id = from; id < from + 8; id++) look(id)
  }
  for (let id = whole; id < logits.length; id++) look(id)
  if (best === -1) throw new AppError('engine_failed', 'the model computed no usable logits (NaN)')
  return best
}

/** Whether one of the eight logits from there is greater than `max`. */
function anyAbove(logits: Float32Array, from: number, max: number): boolean {
  return (
    logits[from]! > max ||
    logits[from + 1]! > max ||
    logits[from + 2]! > max ||
    logits[from + 3]! > max ||
    logits[from + 4]! > max ||
    logits[from + 5]! > max ||
    logits[from + 6]! > max ||
    logits[from + 7]! > max
  )
}
