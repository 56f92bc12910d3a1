// The keys and values of every slot for graphs that take the past as an input and return past and present together:
// per layer `[slots, kvHeads, maxContext, headDim]`. A batch's past is gathered from here, unless the last run of the
// same rows has just returned it.

import { Tensor } from 'onnxruntime-node'
import { AppError } from '../../errors.ts'
import type { ModelShape } from '../model-runner.ts'

export interface CacheRow {
  slot: number
  /** Rows of the cache that the slot's new tokens attend to. */
  past: number
}

/** What a run returned: the past of the next one, if that is of the same rows and none has changed since. */
interface Returned {
  rows: CacheRow[]
  versions: number[]
  width: number
  tensors: Tensor[]
}

export class StockCache {
  readonly #shape: ModelShape
  readonly #slotSize: number
  /** Two per layer: keys, then values. The system gives memory to a page when it is first written. */
  readonly #buffers: Float32Array[]
  /** Raised whenever a slot is written. */
  readonly #versions: number[]
  #returned: Returned[] = []

  constructor(shape: ModelShape) {
    const { layers, kvHeads, headDim, slots, maxContext } = shape
    this.#shape = shape
    this.#slotSize = kvHeads * maxContext * headDim
    this.#buffers = Array.from({ length: layers * 2 }, () => new Float32Array(slots * this.#slotSize))
    this.#versions = Array.from({ length: slots }, () => 0)
  }

  /**
   * The past of the rows, `[rows, kvHeads, width, headDim]` for each of the buffers: shorter ones stand at the end, behind
   * zeros. `width` is the longest past, or more where a run's own result is handed back.
   */
  gather(rows: readonly CacheRow[]): { width: number; tensors: Tensor[] } {
    const same = this.#returned.find(
      (returned) =>
        returned.rows.length === rows.length &&
        this.#isCurrent(returned) &&
        returned.rows.every(({ slot, past }, index) => rows[index]!.slot === slot && rows[index]!.past === past),
    )
    if (same) return same
    const width = Math.max(...rows.map((row) => row.past))
    return { width, tensors: this.#buffers.map((buffer) => this.#gathered(buffer, rows, width)) }
  }

  /** Appends the last `count` rows of what a run over `rows` returned, `[rows, kvHeads, width + count, headDim]` each. */
  append(rows: readonly CacheRow[], width: number, count: number, tensors: Tensor[]): void {
    const { kvHeads, headDim, maxContext } = this.#shape
    const total = width + count
    for (const [index, buffer] of this.#buffers.entries()) {
      const values = tensors[index]!.data as Float32Array
      for (const [rowIndex, { slot, past }] of rows.entries()) {
        for (let head = 0; head < kvHeads; head++) {
          const from = ((rowIndex * kvHeads + head) * total + width) * headDim
          const to = slot * this.#slotSize + (head * maxContext + past) * headDim
          buffer.set(values.subarray(from, from + count * headDim), to)
        }
      }
    }
    for (const { slot } of rows) this.#versions[slot]!++
    // So each slot is in one of them at most, and all together are no larger than the cache with its padding.
    this.#returned = this.#returned.filter((returned) => this.#isCurrent(returned))
    this.#returned.push({
      rows: rows.map(({ slot, past }) => ({ slot, past: past + count })),
      versions: rows.map(({ slot }) => this.#versions[slot]!),
      width: total,
      tensors,
    })
  }

  /** Copies the first `length` rows of each head. */
  copy(from: number, to: number, length: number): void {
    const { kvHeads, headDim, maxContext, slots } = this.#shape
    if (from >= slots || to >= slots || length > maxContext) {
      throw new AppError('internal', `slot ${from} to ${to}, ${length} rows: the cache has ${slots} x ${maxContext}`)
    }
    this.#versions[to]!++
    for (const buffer of this.#buffers) {
      for (let head = 0; head < kvHeads; head++) {
        const source = from * this.#slotSize + head * maxContext * headDim
        buffer.copyWithin(to * this.#slotSize + head * maxContext * headDim, source, source + length * headDim)
      }
    }
  }

  #isCurrent({ rows, versions }: Returned): boolean {
    return rows.every(({ slot }, index) => versions[index] === this.#versions[slot])
  }

  #gathered(buffer: Float32Array, rows: readonly CacheRow[], width: number): Tensor {
    const { kvHeads, headDim, maxContext } = this.#shape
    const values = new Float32Array(rows.length * kvHeads * width * headDim)
    for (const [rowIndex, { slot, past }] of rows.entries()) {
      for (let head = 0; head < kvHeads; head++) {
        const from = slot * this.#slotSize + head * maxContext * headDim
        const end = (rowIndex * kvHeads + head + 1) * width * headDim
        values.set(buffer.subarray(from, from + past * headDim), end - past * headDim)
      }
    }
    return new Tensor('float32', values, [rows.length, kvHeads, width, headDim])
  }
}
