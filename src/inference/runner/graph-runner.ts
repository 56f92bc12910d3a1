// What all runners over a graph have in common: a batch is checked, its logits get their places in one buffer, and
// nothing else touches the cache meanwhile.

import { AppError } from '../../errors.ts'
import { checkBatch } from '../check-batch.ts'
import type { BatchRow, ForwardBatch, ModelRunner, ModelShape } from '../model-runner.ts'

export interface RunnerOptions {
  slots: number
  maxContext: number
  threads: number
}

/** A row with its slot, and where its logits begin in those of the batch. */
export interface PlacedRow extends BatchRow {
  slot: number
  logitsAt: number
}

export abstract class GraphRunner implements ModelRunner {
  readonly shape: ModelShape
  abstract readonly exactRuns: boolean
  #logits = new Float32Array(0)
  #running = false

  constructor(shape: ModelShape) {
    this.shape = shape
  }

  async forward(batch: ForwardBatch): Promise<Float32Array> {
    if (this.#running) throw new AppError('internal', 'forward was called before the last one had settled')
    checkBatch(batch, this.shape)
    this.#running = true
    try {
      let wanted = 0
      const rows = batch.rows.map((row, index): PlacedRow => {
        const placed = { ...row, slot: batch.firstSlot + index, logitsAt: wanted }
        wanted += row.logits
        return placed
      })
      const size = wanted * this.shape.vocabSize
      if (this.#logits.length < size) this.#logits = new Float32Array(size)
      const logits = this.#logits.subarray(0, size)
      await this.compute(rows, logits)
      return logits
    } finally {
      this.#running = false
    }
  }

  copySlot(from: number, to: number, length: number): void {
    if (this.#running) throw new AppError('internal', 'copySlot was called during a forward pass')
    this.copyRows(from, to, length)
  }

  abstract close(): Promise<void>

  /** Appends the rows' keys and values to their slots and fills in the logits, `[sum of rows' logits, vocabSize]`. */
  protected abstract compute(rows: readonly PlacedRow[], logits: Float32Array): Promise<void>

  /** Copies the first `length` rows of one slot over another's. */
  protected abstract copyRows(from: number, to: number, length: number): void
}
