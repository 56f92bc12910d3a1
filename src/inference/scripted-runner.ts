// A model runner without a model, for tests and load tests. Its logits follow from a hash of all the ids that its
// slots hold, so a wrong `past`, slot or copy changes what is generated; what the contract forbids throws.

import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../errors.ts'
import type { ForwardBatch, ModelRunner, ModelShape } from './model-runner.ts'

export interface ScriptedOptions {
  slots: number
  maxContext: number
  /** Small ones keep load tests cheap: every draw reads the whole row. */
  vocabSize: number
  /** Decode steps per second; null: as many as possible. */
  stepsPerSecond?: number | null
  /** Ids that are never drawn by greedy sampling: a tokenizer's special tokens. */
  avoid?: Iterable<number>
  /** Drawn after about one token in `every`. */
  eos?: { id: number; every: number } | null
}

interface Slot {
  length: number
  /** `hashes[n]` stands for the first n ids. */
  hashes: Int32Array
}

export class ScriptedRunner implements ModelRunner {
  readonly shape: ModelShape
  readonly exactRuns = true
  /** Every batch that was run: for tests of who shared a step. Kept short. */
  readonly recent: ForwardBatch[] = []
  readonly #options: ScriptedOptions
  readonly #slots: Slot[]
  readonly #avoid: readonly number[]
  #logits = new Float32Array(0)
  #running = false
  #nextStepAt = 0

  constructor(options: ScriptedOptions) {
    const { slots, maxContext, vocabSize, avoid } = options
    this.shape = { layers: 1, kvHeads: 1, headDim: 1, vocabSize, slots, maxContext }
    this.#options = options
    this.#avoid = [...(avoid ?? [])].filter((id) => id < vocabSize)
    this.#slots = Array.from({ length: slots }, () => ({ length: 0, hashes: new Int32Array(maxContext + 1) }))
  }

  async forward(batch: ForwardBatch): Promise<Float32Array> {
    if (this.#running) throw new AppError('internal', 'forward was called before the last one had settled')
    this.#running = true
    try {
      await this.#pace(batch)
      this.recent.push(batch)
      if (this.recent.length > 1000) this.recent.shift()
      return this.#compute(batch)
    } finally {
      this.#running = false
    }
  }

  copySlot(from: number, to: number, length: number): void {
    if (this.#running) throw new AppError('internal', 'copySlot was called during a forward pass')
    const source = this.#slot(from)
    const target = this.#slot(to)
    if (length > source.length)
      throw new AppError('internal', `slot ${from} holds ${source.length} rows, not ${length}`)
    target.hashes.set(source.hashes.subarray(0, length + 1))
    target.length = length
  }

  async close(): Promise<void> {}

  /** Steps come at a steady rate, whatever runs in them; a pass over a prompt alone takes no time. */
  async #pace(batch: ForwardBatch): Promise<void> {
    const rate = this.#options.stepsPerSecond ?? Number.POSITIVE_INFINITY
    if (rate === Number.POSITIVE_INFINITY || batch.rows.every((row) => row.tokens.length > 1 && !row.stepwise)) return
    const now = performance.now()
    this.#nextStepAt = Math.max(this.#nextStepAt, now)
    await sleep(this.#nextStepAt - now)
    this.#nextStepAt += 1000 / rate
  }

  #compute(batch: ForwardBatch): Float32Array {
    const { vocabSize } = this.shape
    const wanted = batch.rows.reduce((sum, row) => sum + row.logits, 0)
    if (this.#logits.length < wanted * vocabSize) this.#logits = new Float32Array(wanted * vocabSize)
    let next = 0
    for (const [index, row] of batch.rows.entries()) {
      const slot = this.#slot(batch.firstSlot + index)
      this.#append(slot, row.tokens, row.past)
      if (row.logits > row.tokens.length) throw new AppError('internal', 'more logits asked for than tokens run')
      for (let back = row.logits - 1; back >= 0; back--) {
        const logits = this.#logits.subarray(next * vocabSize, (next + 1) * vocabSize)
        this.#fill(logits, slot.hashes[slot.length - back]!)
        next++
      }
    }
    return this.#logits.subarray(0, wanted * vocabSize)
  }

  #append(slot: Slot, tokens: ArrayLike<number>, past: number): void {
    if (tokens.length === 0) throw new AppError('internal', 'a row without tokens')
    if (past > slot.length) throw new AppError('internal', `past is ${past}, but the slot holds ${slot.length} rows`)
    if (past + tokens.length > this.shape.maxContext) throw new AppError('internal', 'the slot is full')
    for (let i = 0; i < tokens.length; i++) slot.hashes[past + i + 1] = mix(slot.hashes[past + i]!, tokens[i]!)
    slot.length = past + tokens.length
  }

  /** Low noise everywhere, and eight tokens that stand out by different heights. */
  #fill(logits: Float32Array, hash: number): void {
    const { eos } = this.#options
    let state = hash
    for (let id = 0; id < logits.length; id++) {
      state = (Math.imul(state, 1664525) + 1013904223) | 0
      logits[id] = (state >>> 8) / 2 ** 24
    }
    for (let rank = 0; rank < 8; rank++) logits[(mix(hash, rank) >>> 0) % logits.length]! += 10 - rank
    for (const id of this.#avoid) logits[id]! -= 30
    if (eos && (mix(hash, -1) >>> 0) % eos.every === 0) logits[eos.id]! += 60
  }

  #slot(index: number): Slot {
    const slot = this.#slots[index]
    if (!slot) throw new AppError('internal', `there is no slot ${index}`)
    return slot
  }
}

/** One round of MurmurHash3's mixing. */
function mix(hash: number, value: number): number {
  let h = Math.imul(hash ^ Math.imul(value + 0x9e3779b9, 0xcc9e2d51), 0x1b873593)
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b)
  return h ^ (h >>> 13)
}
