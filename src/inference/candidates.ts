// The tokens one draw may fall on, by id. top-k, top-p and min-p each keep a beginning of the order "heaviest first,
// lower id first among equals". Where it ends is found with a coarse histogram of the weights and a quickselect inside
// one bucket: the vocabulary is never sorted.

import { decay, decayLimit } from './decay.ts'
import type { Noise } from './random.ts'

/** Buckets are this many times narrower than a factor of e. */
const bucketsPerUnit = 4
const buckets = decayLimit * bucketsPerUnit

export class Candidates {
  readonly #ids: Int32Array
  /** exp((logit - max) / temperature), in (0, 1]. */
  readonly #weights: Float64Array
  /** Which range of weights a candidate is in, the heaviest 0. */
  readonly #bucket: Uint8Array
  /** Sum of the weights in each bucket. */
  readonly #mass = new Float64Array(buckets)
  /** Candidates of one bucket, while the end of a beginning is looked for among them. */
  readonly #order: Int32Array
  #count = 0

  constructor(vocabSize: number) {
    this.#ids = new Int32Array(vocabSize)
    this.#weights = new Float64Array(vocabSize)
    this.#bucket = new Uint8Array(vocabSize)
    this.#order = new Int32Array(vocabSize)
  }

  get size(): number {
    return this.#count
  }

  /** Takes all tokens that count at this temperature. `max` is the greatest of `logits`. */
  gather(logits: Float32Array, max: number, temperature: number): void {
    const coldness = 1 / temperature
    this.#mass.fill(0)
    let count = 0
    for (let id = 0; id < logits.length; id++) {
      const distance = (max - logits[id]!) * coldness
      if (!(distance < decayLimit)) continue
      const weight = decay(distance)
      const bucket = (distance * bucketsPerUnit) | 0
      this.#ids[count] = id
      this.#weights[count] = weight
      this.#bucket[count] = bucket
      this.#mass[bucket]! += weight
      count++
    }
    this.#count = count
  }

  keepTopK(k: number): void {
    if (k >= this.#count) return
    const sizes = new Float64Array(buckets)
    for (let i = 0; i < this.#count; i++) sizes[this.#bucket[i]!]! += 1
    this.#keepBeginning(k, sizes, () => 1)
  }

  /** Keeps the fewest tokens whose share of what is still in reaches `p`. */
  keepTopP(p: number): void {
    this.#keepBeginning(p * this.#total(), this.#mass, (candidate) => this.#weights[candidate]!)
  }

  /** Keeps tokens with at least `minP` times the weight of the heaviest, which is 1. */
  keepMinP(minP: number): void {
    this.#keepFrom(minP, Number.POSITIVE_INFINITY)
  }

  /**
   * One token, each with a probability that is its share of the weights: the winner of an exponential race, the
   * greatest weight / -ln(noise) (the Gumbel-max trick). Weights that differ in their last bits, as those of a batch may,
   * then nearly always give the same token; a walk along the sum of the weights would shift all that comes after.
   */
  draw(noise: Noise): number {
    let winner = this.#ids[0]!
    let best = 0
    for (let i = 0; i < this.#count; i++) {
      const weight = this.#weights[i]!
      const uniform = noise.at(this.#ids[i]!)
      // -ln(u) >= 1 - u: most can't win, and need no logarithm.
      if (weight <= best * (1 - uniform)) continue
      const score = weight / -Math.log(uniform)
      if (score <= best) continue
      best = score
      winner = this.#ids[i]!
    }
    return winner
  }

  #total(): number {
    let total = 0
    for (const mass of this.#mass) total += mass
    return total
  }

  /**
   * Keeps the fewest of the heaviest candidates whose measures add up to `target`, at least one.
   * @param sums the measures of each bucket's candidates
   */
  #keepBeginning(target: number, sums: Float64Array, measure: (candidate: number) => number): void {
    let last = 0
    let needed = target
    while (last < buckets - 1 && sums[last]! < needed) needed -= sums[last++]!
    this.#keepBuckets(last)
    let inLast = 0
    for (let i = 0; i < this.#count; i++) if (this.#bucket[i] === last) this.#order[inLast++] = i
    // Rounding can leave a crumb of the target to an empty last bucket.
    if (inLast === 0) return
    const lightest = this.#order[this.#select(inLast, needed, measure) - 1]!
    this.#keepFrom(this.#weights[lightest]!, this.#ids[lightest]!)
  }

  /** Drops the candidates of lighter buckets: the one pass over many, so it only compares bytes. */
  #keepBuckets(last: number): void {
    let kept = 0
    for (let i = 0; i < this.#count; i++) if (this.#bucket[i]! <= last) this.#move(i, kept++)
    this.#count = kept
    this.#mass.fill(0, last + 1)
  }

  /** Keeps what is heavier than `weight`, and of what weighs just that the ids up to `id`. */
  #keepFrom(weight: number, id: number): void {
    this.#mass.fill(0)
    let kept = 0
    for (let i = 0; i < this.#count; i++) {
      const own = this.#weights[i]!
      if (own < weight || (own === weight && this.#ids[i]! > id)) continue
      this.#mass[this.#bucket[i]!]! += own
      this.#move(i, kept++)
    }
    this.#count = kept
  }

  #move(from: number, to: number): void {
    this.#ids[to] = this.#ids[from]!
    this.#weights[to] = this.#weights[from]!
    this.#bucket[to] = this.#bucket[from]!
  }

  /**
   * Brings the heaviest of order[0..length) to the front until their measures add up to `target`; returns how many that
   * are, the last of them lightest. Quickselect with a running sum: linear on average.
   */
  #select(length: number, target: number, measure: (candidate: number) => number): number {
    let low = 0
    let high = length
    let needed = target
    while (high - low > 1) {
      const middle = this.#partition(low, high)
      let heavier = 0
      for (let i = low; i < middle; i++) heavier += measure(this.#order[i]!)
      if (heavier >= needed) {
        high = middle
        continue
      }
      needed -= heavier + measure(this.#order[middle]!)
      if (needed <= 0) return middle + 1
      low = middle + 1
    }
    return Math.max(1, high)
  }

  /** Splits order[low..high) around its middle entry, heavier ones first; returns where that entry came to lie. */
  #partition(low: number, high: number): number {
    this.#swap((low + high) >> 1, high - 1)
    const pivot = this.#order[high - 1]!
    let boundary = low
    for (let i = low; i < high - 1; i++) {
      if (this.#heavier(this.#order[i]!, pivot)) this.#swap(i, boundary++)
    }
    this.#swap(boundary, high - 1)
    return boundary
  }

  /** Candidates are in the order of their ids. */
  #heavier(a: number, b: number): boolean {
    const difference = this.#weights[a]! - this.#weights[b]!
    return difference === 0 ? a < b : difference > 0
  }

  #swap(i: number, j: number): void {
    const candidate = this.#order[i]!
    this.#order[i] = this.#order[j]!
    this.#order[j] = candidate
  }
}
