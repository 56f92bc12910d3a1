// Whose keys and values each slot of the cache holds. A slot that nobody runs in keeps its rows until it is needed, so
// that a prompt with the same beginning is copied instead of computed.
//
//   slots   [ running 0 | running 1 | ... | running n-1 | kept or empty ... ]
//
// Only rows that were computed several at a time, as prompts are, serve other sequences, and at least two ids are left to
// be computed: in int8 a pass over one id rounds differently, and a request must not be answered differently because
// somebody asked alike before.
//
// It only notes the copies to be made, in order; whoever runs the next forward pass makes them before it.

/** What the slots need to know of a sequence. */
export interface Scheduled {
  /** Ids it holds: prompt and generated. Only ever appended to. */
  readonly ids: readonly number[]
  /** How many of them are the prompt: the first ones. */
  readonly promptTokens: number
  /** How many of them have their keys and values in its slot: always the first ones. */
  computed: number
  /** How many of those were computed as part of a prompt, several at a time. */
  prefilled: number
}

/** Copy the first `rows` rows of the KV cache of slot `from` to slot `to`. */
export interface Move {
  from: number
  to: number
  rows: number
}

type Content<S> =
  | { kind: 'empty' }
  | { kind: 'running'; sequence: S }
  /** Left behind by a sequence: rows of the first `rows` of `ids`. */
  | { kind: 'kept'; ids: readonly number[]; rows: number; prefilled: number; usedAt: number }

/** So few rows are computed as fast as they are looked after. */
const fewestKeptRows = 16

export class Slots<S extends Scheduled> {
  readonly #contents: Content<S>[]
  readonly #reuse: boolean
  #moves: Move[] = []
  /** Counts uses: the order in which kept rows are given up. */
  #uses = 0

  /** @param reuse false: nothing is kept and every prompt is computed as a whole */
  constructor(count: number, reuse: boolean) {
    this.#contents = Array.from({ length: count }, () => ({ kind: 'empty' }))
    this.#reuse = reuse
  }

  /** Puts a sequence that starts into a slot nobody runs in. `computed` becomes the rows found for it, never all. */
  enter(sequence: S, slot: number): void {
    const source = this.#longestPrefix(sequence)
    const found = this.#contents[source.slot]
    sequence.computed = source.rows
    sequence.prefilled = source.prefilled
    if (source.rows > 0 && found?.kind === 'kept') {
      found.usedAt = ++this.#uses
      // The new sequence holds all that was kept there.
      if (source.rows === found.rows) this.#contents[source.slot] = { kind: 'empty' }
    }
    this.#vacate(slot, source.slot)
    if (source.rows > 0 && source.slot !== slot) this.#moves.push({ from: source.slot, to: slot, rows: source.rows })
    this.#contents[slot] = { kind: 'running', sequence }
  }

  /** The sequence in `slot` is taken out. What it computed stays, unless it is `spoilt`. */
  leave(slot: number, spoilt: boolean): void {
    const content = this.#contents[slot]!
    if (content.kind !== 'running') return
    const { ids, computed, prefilled } = content.sequence
    const keeps = this.#reuse && !spoilt && computed >= fewestKeptRows
    const usedAt = ++this.#uses
    this.#contents[slot] = keeps ? { kind: 'kept', ids, rows: computed, prefilled, usedAt } : { kind: 'empty' }
    content.sequence.computed = 0
    content.sequence.prefilled = 0
  }

  /** Brings a running sequence to a slot nobody runs in. */
  move(from: number, to: number): void {
    const content = this.#contents[from]!
    if (content.kind !== 'running') return
    this.#vacate(to, from)
    const rows = content.sequence.computed
    if (rows > 0) this.#moves.push({ from, to, rows })
    this.#contents[to] = content
    this.#contents[from] = { kind: 'empty' }
  }

  /** The copies noted since the last call. */
  takeMoves(): Move[] {
    const moves = this.#moves
    this.#moves = []
    return moves
  }

  /** The slot that shares the longest beginning with a sequence. The last id is always computed: its logits are wanted. */
  #longestPrefix({ ids, promptTokens }: S): { slot: number; rows: number; prefilled: number } {
    const best = { slot: -1, rows: 0, prefilled: 0 }
    if (!this.#reuse) return best
    for (const [slot, content] of this.#contents.entries()) {
      if (content.kind === 'empty') continue
      const held = content.kind === 'running' ? content.sequence : content
      // Its own rows, from before it was put back to wait: it goes on as if that had not been.
      const own = content.kind === 'kept' && content.ids === ids
      const shared = own
        ? Math.min(content.rows, ids.length - 1)
        : shareable(sharedLength(held.ids, ids, Math.min(held.prefilled, promptTokens)), ids.length, promptTokens)
      const prefilled = Math.min(held.prefilled, shared)
      if (shared > best.rows) Object.assign(best, { slot, rows: shared, prefilled })
    }
    return best
  }

  /** Saves what is kept in `slot` to the slot used longest ago, other than `spared`; if that is this one, it is lost. */
  #vacate(slot: number, spared: number): void {
    const content = this.#contents[slot]!
    if (content.kind !== 'kept') return
    const others = [...this.#contents.keys()].filter((other) => other !== slot && other !== spared)
    const target = others.reduce((a, b) => (this.#usedAt(b) <= this.#usedAt(a) ? b : a), slot)
    if (target === slot) return
    this.#moves.push({ from: slot, to: target, rows: content.rows })
    this.#contents[target] = content
    this.#contents[slot] = { kind: 'empty' }
  }

  /** When the slot was last used; 0 for an empty one, never for one where a sequence runs. */
  #usedAt(slot: number): number {
    const content = this.#contents[slot]!
    if (content.kind === 'kept') return content.usedAt
    return content.kind === 'empty' ? 0 : Number.POSITIVE_INFINITY
  }
}

/** Of the prompt all, where generated ids follow it; else two ids of it are left to be computed. */
function shareable(shared: number, ids: number, promptTokens: number): number {
  if (shared === promptTokens && ids > promptTokens) return shared
  return Math.max(0, Math.min(shared, promptTokens - 2))
}

function sharedLength(a: readonly number[], b: readonly number[], limit: number): number {
  let length = 0
  while (length < limit && a[length] === b[length]) length++
  return length
}
