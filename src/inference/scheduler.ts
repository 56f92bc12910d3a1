// Which sequences run next, first come first served. It knows lengths and slots, no tensors and no requests.
//
//   slots   [ decoding 0 | decoding 1 | ... | decoding n-1 | prefilling | free ... ]
//
// Invariant: decoding[i] is in slot i, the prefilling sequence in slot n, so that every batch is a run of slots. A gap
// left by an ended sequence is closed at once, by the moves that `remove` returns.

/** What the scheduler needs to know of a sequence. */
export interface Scheduled {
  /** Ids it holds: prompt and generated. */
  readonly length: number
  /** Ids whose keys and values are in its slot. */
  computed: number
}

export type Plan<S extends Scheduled> =
  | { kind: 'idle' }
  /** Run the next `count` ids of one sequence. `completes`: they are the last ones, so a token can be drawn. */
  | { kind: 'prefill'; sequence: S; slot: number; count: number; completes: boolean }
  /** Run the last id of each; `sequences[i]` is in slot i. */
  | { kind: 'decode'; sequences: S[] }

/** Copy the first `rows` rows of the KV cache of slot `from` to slot `to`. */
export interface Move {
  from: number
  to: number
  rows: number
}

export class Scheduler<S extends Scheduled> {
  readonly #slots: number
  readonly #chunkTokens: number
  readonly #waiting: S[] = []
  readonly #decoding: S[] = []
  #prefilling: S | null = null
  /** Prompt tokens run since the last decode step: running streams never wait for more than one chunk of them. */
  #prefilled = 0

  /** @param chunkTokens the most prompt tokens run between two decode steps */
  constructor(slots: number, chunkTokens = 256) {
    this.#slots = slots
    this.#chunkTokens = chunkTokens
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** Sequences that hold a slot. */
  get running(): readonly S[] {
    return this.#prefilling === null ? this.#decoding : [...this.#decoding, this.#prefilling]
  }

  get all(): readonly S[] {
    return [...this.running, ...this.#waiting]
  }

  add(sequence: S): void {
    this.#waiting.push(sequence)
  }

  next(): Plan<S> {
    if (this.#prefilling === null && this.#decoding.length < this.#slots)
      this.#prefilling = this.#waiting.shift() ?? null
    const sequence = this.#prefilling
    if (sequence !== null) {
      const left = sequence.length - sequence.computed
      const count = Math.min(left, this.#chunkTokens)
      // Short prompts share the budget; a long one waits for a whole chunk rather than run in crumbs.
      const fits = this.#prefilled === 0 || this.#prefilled + count <= this.#chunkTokens
      if (fits || this.#decoding.length === 0) {
        return { kind: 'prefill', sequence, slot: this.#decoding.length, count, completes: count === left }
      }
    }
    return this.#decoding.length > 0 ? { kind: 'decode', sequences: [...this.#decoding] } : { kind: 'idle' }
  }

  /** Records that a plan has run; before new ids are added to its sequences. */
  ran(plan: Plan<S>): void {
    if (plan.kind === 'idle') return
    this.#prefilled = plan.kind === 'prefill' ? this.#prefilled + plan.count : 0
    if (plan.kind === 'decode') {
      for (const sequence of plan.sequences) sequence.computed = sequence.length
      return
    }
    plan.sequence.computed += plan.count
    if (!plan.completes) return
    this.#decoding.push(plan.sequence)
    this.#prefilling = null
  }

  /** Takes sequences out, wherever they are. The caller must carry out the moves, in order, before the next forward. */
  remove(gone: ReadonlySet<S>): Move[] {
    const kept = this.#waiting.filter((sequence) => !gone.has(sequence))
    this.#waiting.splice(0, this.#waiting.length, ...kept)
    const moves: Move[] = []
    const slotOfPrefilling = this.#decoding.length
    // From the last slot down: what moves into a gap is then always a sequence that stays.
    for (let slot = this.#decoding.length - 1; slot >= 0; slot--) {
      if (!gone.has(this.#decoding[slot]!)) continue
      const last = this.#decoding.pop()!
      if (slot === this.#decoding.length) continue
      this.#decoding[slot] = last
      moves.push({ from: this.#decoding.length, to: slot, rows: last.computed })
    }
    if (this.#prefilling === null) return moves
    if (gone.has(this.#prefilling)) this.#prefilling = null
    else if (slotOfPrefilling !== this.#decoding.length && this.#prefilling.computed > 0) {
      moves.push({ from: slotOfPrefilling, to: this.#decoding.length, rows: this.#prefilling.computed })
    }
    return moves
  }
}
