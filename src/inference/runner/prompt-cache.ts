// A float32 copy of one slot's rows of an 8-bit cache, for the graph that reads prompts: exactly the values that the 8
// bits stand for. Prompts are read one at a time, so one is enough; chunk after chunk finds it as the last one left it.
//
//   copied   rows [0, copied) of the copy are those of `slot`; -1 is no slot

import type { ModelShape } from '../model-runner.ts'
import { type CacheView, KvCache } from './kv-cache.ts'

export class PromptCache {
  readonly #cache: KvCache<'int8'>
  readonly #copy: KvCache<'float32'>
  readonly #keyScales: readonly Float32Array[]
  readonly #shape: ModelShape
  #slot = -1
  #copied = 0

  /** @param keyScales `[kvHeads * headDim]` of each layer */
  constructor(cache: KvCache<'int8'>, keyScales: readonly Float32Array[], shape: ModelShape) {
    this.#cache = cache
    this.#copy = new KvCache('float32', { ...shape, slots: 1 }, 'prompt')
    this.#keyScales = keyScales
    this.#shape = shape
  }

  get view(): CacheView {
    return this.#copy.view(0, 1)
  }

  /** Makes the first `past` rows of `slot` those of the copy. */
  follow(slot: number, past: number): void {
    if (this.#slot !== slot) this.#copied = 0
    this.#slot = slot
    if (this.#copied < past) this.#read(this.#copied, past)
    this.#copied = past
  }

  /**
   * The graph has appended `count` rows to the copy: takes them over into the cache.
   * @param rows for each of the cache's buffers `[count, kvHeads * headDim]`
   */
  store(past: number, count: number, rows: readonly Int8Array[]): void {
    const { kvHeads, headDim } = this.#shape
    // Eight bytes at a time: head sizes are multiples of that.
    const words = headDim / 8
    for (const [index, buffer] of this.#cache.buffers.entries()) {
      const target = new BigInt64Array(buffer.buffer, buffer.byteOffset, buffer.length / 8)
      const own = rows[index]!
      const source = new BigInt64Array(own.buffer, own.byteOffset, (count * kvHeads * headDim) / 8)
      for (let head = 0; head < kvHeads; head++) {
        let to = this.#cache.offset(this.#slot, head, past) / 8
        for (let row = 0; row < count; row++) {
          const from = (row * kvHeads + head) * words
          for (let word = 0; word < words; word++) target[to++] = source[from + word]!
        }
      }
    }
    this.#copied = past + count
  }

  /** Rows of `slot` from `past` on were written by others. */
  written(slot: number, past: number): void {
    if (slot === this.#slot) this.#copied = Math.min(this.#copied, past)
  }

  /** The first `length` rows of a slot were copied over another's. */
  moved(from: number, to: number, length: number): void {
    // The sequence that is being read has got another slot.
    if (from === this.#slot && length >= this.#copied) this.#slot = to
    else if (to === this.#slot) this.#slot = -1
  }

  #read(from: number, to: number): void {
    const { kvHeads, headDim } = this.#shape
    for (const [index, buffer] of this.#cache.buffers.entries()) {
      const copy = this.#copy.buffers[index]!
      const scales = index % 2 === 0 ? this.#keyScales[index >> 1]! : null
      for (let head = 0; head < kvHeads; head++) {
        const source = this.#cache.offset(this.#slot, head, from)
        const target = this.#copy.offset(0, head, from)
        const count = (to - from) * headDim
        copy.set(buffer.subarray(source, source + count), target)
        if (scales === null) continue
        const ofHead = scales.subarray(head * headDim, (head + 1) * headDim)
        for (let i = 0; i < count; i++) copy[target + i]! *= ofHead[i % headDim]!
      }
    }
  }
}
