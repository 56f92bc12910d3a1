// The keys and values of every slot, per layer `[slots, kvHeads, maxContext, headDim]`. A batch of neighbouring slots is
// a view of that memory. Unused room costs nothing: see lazy-memory.ts.

import { Tensor } from 'onnxruntime-node'
import { AppError } from '../../errors.ts'
import { cacheName } from '../model/graph-names.ts'
import type { ModelShape } from '../model-runner.ts'
import { lazyMemory } from './lazy-memory.ts'

/** Tensors over the same memory under the names of the graph's inputs and outputs. */
export interface CacheView {
  past: Record<string, Tensor>
  present: Record<string, Tensor>
}

interface Elements {
  float32: Float32Array
  int8: Int8Array
}

const PARTS = ['key', 'value'] as const

export class KvCache<Type extends keyof Elements = keyof Elements> {
  /** Two per layer: keys, then values. */
  readonly buffers: readonly Elements[Type][]
  readonly #type: Type
  readonly #owner: 'slots' | 'prompt'
  readonly #shape: ModelShape
  readonly #slotSize: number
  /** Making 2 tensors per layer for every step would be noticed, so the views of each run of slots are kept. */
  readonly #views = new Map<number, CacheView>()

  /** `owner`: under which names the views have the tensors; see cacheName. */
  constructor(type: Type, shape: ModelShape, owner: 'slots' | 'prompt' = 'slots') {
    this.#owner = owner
    const { layers, kvHeads, headDim, slots, maxContext } = shape
    this.#type = type
    this.#shape = shape
    this.#slotSize = kvHeads * maxContext * headDim
    const size = slots * this.#slotSize
    const Elements = type === 'int8' ? Int8Array : Float32Array
    const areas = lazyMemory(layers * PARTS.length, size * Elements.BYTES_PER_ELEMENT)
    this.buffers = areas.map(({ buffer, byteOffset }) => new Elements(buffer, byteOffset, size) as Elements[Type])
  }

  view(firstSlot: number, count: number): CacheView {
    const key = firstSlot * (this.#shape.slots + 1) + count
    let view = this.#views.get(key)
    if (!view) {
      view = this.#makeView(firstSlot, count)
      this.#views.set(key, view)
    }
    return view
  }

  /** Where row `row` of a head stands in each of the buffers. */
  offset(slot: number, head: number, row: number): number {
    const { maxContext, headDim } = this.#shape
    return slot * this.#slotSize + (head * maxContext + row) * headDim
  }

  /** Copies the first `length` rows of each head. */
  copy(from: number, to: number, length: number): void {
    const { kvHeads, headDim, maxContext, slots } = this.#shape
    if (from >= slots || to >= slots || length > maxContext) {
      throw new AppError('internal', `slot ${from} to ${to}, ${length} rows: the cache has ${slots} x ${maxContext}`)
    }
    for (const buffer of this.buffers) {
      for (let head = 0; head < kvHeads; head++) {
        const source = this.offset(from, head, 0)
        buffer.copyWithin(this.offset(to, head, 0), source, source + length * headDim)
      }
    }
  }

  #makeView(firstSlot: number, count: number): CacheView {
    const { kvHeads, headDim, maxContext } = this.#shape
    const dims = [count, kvHeads, maxContext, headDim]
    const view: CacheView = { past: {}, present: {} }
    for (const [index, buffer] of this.buffers.entries()) {
      const part = PARTS[index % PARTS.length]!
      const layer = Math.floor(index / PARTS.length)
      const rows = buffer.subarray(firstSlot * this.#slotSize, (firstSlot + count) * this.#slotSize)
      const tensor = new Tensor(this.#type, rows, dims)
      view.past[cacheName('past', layer, part, this.#owner)] = tensor
      view.present[cacheName('present', layer, part, this.#owner)] = tensor
    }
    return view
  }
}
