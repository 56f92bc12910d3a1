// The keys and values of every slot for graphs that take the past as an input and return past and present together:
// the rows are kept as the cache of our own graphs keeps them. A batch's past is gathered from here, unless the last run of the
// same rows has just returned it.

import { Tensor } from 'onnxruntime-node'
import type { ModelShape } from '../model-runner.ts'
import { KvCache } from '../runner/kv-cache.ts'

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
  readonly #kept: KvCache<'float32'>
  /** Raised whenever a slot is written. */
  readonly #versions: number[]
  #returned: Returned[] = []

  constructor(shape: ModelShape) {
    this.#shape = shape
    this.#kept = new KvCache('float32', shape)
    this.#versions = Array.from({ length: shape.slots }, () => 0)
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
    return { width, tensors: this.#kept.buffers.map((buffer) => this.#gathered(buffer, rows, width)) }
  }

  /** Appends the last `count` rows of what a run over `rows` returned, `[rows, kvHeads, width + count, headDim]` each. */
  append(rows: readonly CacheRow[], width: number, count: number, tensors: Tensor[]): void {
    const { kvHeads, headDim } = this.#shape
    const total = width + count
    for (const [index, buffer] of this.#kept.buffers.entries()) {
      const values = tensors[index]!.data as Float32Array
      for (const [rowIndex, { slot, past }] of rows.entries()) {
        for (let head = 0; head < kvHeads; head++) {
          const from = ((rowIndex * kvHeads + head) * total + width) * headDim
          buffer.set(values.subarray(from, from + count * headDim), this.#kept.offset(slot, head, past))
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
    this.#kept.copy(from, to, length)
    this.#versions[to]!++
  }

  #isCurrent({ rows, versions }: Returned): boolean {
    return rows.every(({ slot }, index) => versions[index] === this.#versions[slot])
  }

  #gathered(buffer: Float32Array, rows: readonly CacheRow[], width: number): Tensor {
    const { kvHeads, headDim } = this.#shape
    const values = new Float32Array(rows.length * kvHeads * width * headDim)
    for (const [rowIndex, { slot, past }] of rows.entries()) {
      for (let head = 0; head < kvHeads; head++) {
        const from = this.#kept.offset(slot, head, 0)
        const end = (rowIndex * kvHeads + head + 1) * width * headDim
        values.set(buffer.subarray(from, from + past * headDim), end - past * headDim)
      }
    }
    return new Tensor('float32', values, [rows.length, kvHeads, width, headDim])
  }
}
