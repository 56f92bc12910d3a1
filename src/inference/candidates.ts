// The tokens one draw may fall on. top-k, top-p and min-p each keep a beginning of the order "heaviest first, lower id
// first among equals"; that beginning is found by quickselect, never by sorting the vocabulary. The draw itself walks
// the kept tokens by id, so that two of nearly the same weight can't swap places between two machines.

/** A token lighter than e^-30 of the heaviest is left out: 49,152 of them weigh less than 5e-9 together. */
const negligible = 30

export class Candidates {
  readonly #ids: Int32Array
  readonly #weights: Float64Array
  /** Positions in `#ids`; the first `#kept` are the tokens still in. */
  readonly #order: Int32Array
  readonly #member: Uint8Array
  #count = 0
  #kept = 0

  constructor(vocabSize: number) {
    this.#ids = new Int32Array(vocabSize)
    this.#weights = new Float64Array(vocabSize)
    this.#order = new Int32Array(vocabSize)
    this.#member = new Uint8Array(vocabSize)
  }

  get size(): number {
    return this.#kept
  }

  /** Takes all tokens that count at this temperature: weight = exp((logit - max) / temperature). */
  gather(logits: Float32Array, max: number, temperature: number): void {
    const least = max - negligible * temperature
    let count = 0
    for (let id = 0; id < logits.length; id++) {
      if (logits[id]! >= least) this.#ids[count++] = id
    }
    for (let i = 0; i < count; i++) {
      this.#weights[i] = Math.exp((logits[this.#ids[i]!]! - max) / temperature)
      this.#order[i] = i
    }
    this.#count = count
    this.#kept = count
  }

  keepTopK(k: number): void {
    if (k < this.#kept) this.#kept = this.#select(k, () => 1)
  }

  /** Keeps the fewest tokens whose share of what is still in reaches `p`. */
  keepTopP(p: number): void {
    let total = 0
    for (let i = 0; i < this.#kept; i++) total += this.#weights[this.#order[i]!]!
    this.#kept = this.#select(p * total, (candidate) => this.#weights[candidate]!)
  }

  /** Keeps tokens with at least `minP` times the weight of the heaviest, which is 1. */
  keepMinP(minP: number): void {
    let kept = 0
    for (let i = 0; i < this.#kept; i++) {
      const candidate = this.#order[i]!
      if (this.#weights[candidate]! >= minP) this.#swap(i, kept++)
    }
    this.#kept = kept
  }

  /** The token that `uniform` in [0, 1) falls on. */
  draw(uniform: number): number {
    this.#member.fill(0, 0, this.#count)
    let total = 0
    for (let i = 0; i < this.#kept; i++) this.#member[this.#order[i]!] = 1
    for (let i = 0; i < this.#count; i++) if (this.#member[i] === 1) total += this.#weights[i]!
    const target = uniform * total
    let sum = 0
    let last = 0
    for (let i = 0; i < this.#count; i++) {
      if (this.#member[i] === 0) continue
      sum += this.#weights[i]!
      last = i
      if (sum > target) break
    }
    return this.#ids[last]!
  }

  /**
   * Moves to the front the fewest of the heaviest candidates whose measures add up to `target`, and says how many.
   * Quickselect with a running sum: linear on average.
   */
  #select(target: number, measure: (candidate: number) => number): number {
    let low = 0
    let high = this.#kept
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
