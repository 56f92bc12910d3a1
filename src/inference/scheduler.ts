// Which sequences run next, first come first served. It knows ids, lengths and slots, no tensors and no requests.
//
// Prompts are computed in chunks, generated ids one a step. Those that were generated before, by an earlier attempt or
// before the sequence was put back to wait, are never read as a prompt is: the two ways round differently, and what
// follows is to be exactly what would have followed without the interruption. They run as they did then, several in a
// step where the model gives several the bits of single ones.
//
//   slots   [ decoding 0 | decoding 1 | ... | decoding n-1 | prefilling | free ... ]
//
// Invariant: decoding[i] is in slot i, the prefilling sequence in slot n, so that every batch is a run of slots. A gap
// left by an ended sequence is closed at once.

import { type Move, type Scheduled, Slots } from './slots.ts'

export type { Move, Scheduled } from './slots.ts'

/** `moves`: copies to be made in the cache, in order, before the forward pass. */
export type Plan<S extends Scheduled> =
  | { kind: 'idle' }
  /**
   * Run the next `counts[i]` ids of `sequences[i]`, which is in slot i, and a chunk of the prompt of the one behind them.
   * `sampled`: those of whom they are the last ids, in the same order.
   */
  | { kind: 'run'; sequences: S[]; counts: number[]; sampled: S[]; prompt: Chunk<S> | null; moves: Move[] }

/** The next `count` ids of one prompt. `completes`: they are the last of all ids, so a token can be drawn. */
export interface Chunk<S extends Scheduled> {
  sequence: S
  count: number
  completes: boolean
}

export interface SchedulerOptions {
  /** Sequences that run at once. */
  running: number
  /** Slots of the cache, at least `running`; the others only keep rows for prompts that begin alike. */
  slots?: number
  /**
   * The most ids run beside one of each running sequence: streams never wait for more than that. All may be a prompt's;
   * up to half of them go to ids that were generated before.
   */
  chunkTokens?: number
  /** Whether several ids that were generated before may run in a step; see ModelRunner.exactRuns. */
  exactRuns?: boolean
  /** The most ids that running sequences hold together; beyond it the youngest waits again. One alone always runs. */
  kvTokens?: number
  /** Whether rows are kept for prompts that begin alike. */
  prefixReuse?: boolean
}

/** A sequence starts only where each running one could still grow by so much: else it would soon be put back. */
const roomToGrow = 16

export class Scheduler<S extends Scheduled> {
  readonly #running: number
  readonly #chunkTokens: number
  readonly #exactRuns: boolean
  readonly #kvTokens: number
  readonly #slots: Slots<S>
  readonly #waiting: S[] = []
  readonly #decoding: S[] = []
  /** Running sequences in the order in which they started, the youngest last. */
  readonly #started: S[] = []
  #prefilling: S | null = null
  #preemptions = 0

  constructor(options: SchedulerOptions) {
    const { running, slots = running, chunkTokens = 256, kvTokens = Number.POSITIVE_INFINITY } = options
    this.#running = running
    this.#chunkTokens = chunkTokens
    this.#exactRuns = options.exactRuns ?? false
    this.#kvTokens = kvTokens
    this.#slots = new Slots(slots, options.prefixReuse ?? true)
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

  /** Ids of all running sequences. */
  get heldTokens(): number {
    return this.#started.reduce((sum, { ids }) => sum + ids.length, 0)
  }

  /** How often a running sequence was put back to wait. */
  get preemptions(): number {
    return this.#preemptions
  }

  add(sequence: S): void {
    this.#waiting.push(sequence)
  }

  next(): Plan<S> {
    this.#preempt()
    this.#start()
    const sequences = [...this.#decoding]
    const { counts, more } = this.#nextRuns()
    const prompt = this.#nextChunk(this.#chunkTokens - more)
    if (prompt === null && sequences.length === 0) return { kind: 'idle' }
    const sampled = sequences.filter(({ ids, computed }, slot) => computed + counts[slot]! === ids.length)
    return { kind: 'run', sequences, counts, sampled, prompt, moves: this.#slots.takeMoves() }
  }

  /** Records that a plan has run; before new ids are added to its sequences. */
  ran(plan: Plan<S>): void {
    if (plan.kind === 'idle') return
    for (const [slot, sequence] of plan.sequences.entries()) sequence.computed += plan.counts[slot]!
    if (plan.prompt === null) return
    const { sequence, count } = plan.prompt
    sequence.computed += count
    sequence.prefilled = sequence.computed
    if (sequence.computed < sequence.promptTokens) return
    this.#decoding.push(sequence)
    this.#prefilling = null
  }

  /** How many ids of each decoding sequence run next, and how many of all those are `more` than one each. */
  #nextRuns(): { counts: number[]; more: number } {
    const most = this.#exactRuns ? this.#chunkTokens >> 1 : 0
    let more = 0
    const counts = this.#decoding.map(({ ids, computed }) => {
      const own = Math.min(ids.length - computed - 1, most - more)
      more += own
      return 1 + own
    })
    return { counts, more }
  }

  #nextChunk(most: number): Chunk<S> | null {
    const sequence = this.#prefilling
    if (sequence === null) return null
    const count = chunkOf(sequence.promptTokens - sequence.computed, most)
    return { sequence, count, completes: sequence.computed + count === sequence.ids.length }
  }

  /**
   * Takes sequences out, wherever they are. Their rows are kept for prompts that begin alike, except of those that are
   * `spoilt`: what was computed for them can't be trusted.
   */
  remove(gone: ReadonlySet<S>, spoilt: ReadonlySet<S> = new Set()): void {
    keepOnly(this.#waiting, (sequence) => !gone.has(sequence))
    keepOnly(this.#started, (sequence) => !gone.has(sequence))
    for (const [slot, sequence] of this.running.entries()) {
      if (gone.has(sequence)) this.#slots.leave(slot, spoilt.has(sequence))
    }
    const slotOfPrefilling = this.#decoding.length
    for (let slot = 0; slot < this.#decoding.length; slot++) {
      if (!gone.has(this.#decoding[slot]!)) continue
      while (gone.has(this.#decoding.at(-1)!)) this.#decoding.pop()
      if (slot >= this.#decoding.length) break
      this.#decoding[slot] = this.#decoding.pop()!
      this.#slots.move(this.#decoding.length, slot)
    }
    if (this.#prefilling === null) return
    if (gone.has(this.#prefilling)) this.#prefilling = null
    else if (slotOfPrefilling !== this.#decoding.length) this.#slots.move(slotOfPrefilling, this.#decoding.length)
  }

  /** The first of the waiting gets the slot behind the decoding ones, with the rows that some slot holds for it. */
  #start(): void {
    const sequence = this.#waiting[0]
    if (!sequence || this.#prefilling !== null || this.#decoding.length >= this.#running) return
    const room = (this.#started.length + 1) * roomToGrow
    if (this.#started.length > 0 && this.heldTokens + sequence.ids.length + room > this.#kvTokens) return
    this.#waiting.shift()
    this.#started.push(sequence)
    this.#slots.enter(sequence, this.#decoding.length)
    if (sequence.computed < sequence.promptTokens) this.#prefilling = sequence
    else this.#decoding.push(sequence)
  }

  /** Puts the youngest back to the head of the line, to be computed again later, until the others fit. */
  #preempt(): void {
    while (this.#started.length > 1 && this.heldTokens > this.#kvTokens) {
      const youngest = this.#started.at(-1)!
      this.remove(new Set([youngest]))
      this.#waiting.unshift(youngest)
      this.#preemptions++
    }
  }
}

/** Never leaves a single id for the last chunk: a pass over one id rounds differently in int8. */
function chunkOf(left: number, most: number): number {
  return left === most + 1 && most > 2 ? most - 1 : Math.min(left, most)
}

function keepOnly<S>(list: S[], keep: (entry: S) => boolean): void {
  const kept = list.filter(keep)
  list.splice(0, list.length, ...kept)
}
