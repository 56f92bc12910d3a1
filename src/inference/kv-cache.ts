// The keys and values of every slot, per layer `[slots, kvHeads, maxContext, headDim]`. A batch of neighbouring slots is
// a view of that memory. The system gives memory to a page when it is first written, so unused room costs nothing.

import { Tensor } from 'onnxruntime-node'
import { AppError } from '../errors.ts'
import { cacheName } from './model/graph-names.ts'
import type { ModelShape } from './model-runner.ts'

/** Tensors over the same memory under the names of the graph's inputs and outputs. */
export interface CacheView {
  past: Record<string, Tensor>
  present: Record<string, Tensor>
}

const PARTS = ['key', 'value'] as const

export class KvCache {
  readonly #shape: ModelShape
  readonly #slotSize: number
  /** Two per layer: keys, then values. */
  readonly #buffers: Float32Array[]
  /** Making 2 tensors per layer for every step would be noticed, so the views of each run of slots are kept. */
  readonly #views = new Map<number, CacheView>()

  constructor(shape: ModelShape) {
    const { layers, kvHeads, headDim, slots, maxContext } = shape
    this.#shape = shape
    this.#slotSize = kvHeads * maxContext * headDim
    this.#buffers = Array.from({ length: layers * PARTS.length }, () => new Float32Array(slots * this.#slotSize))
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

  /** Copies the first `length` rows of each head. */
  copy(from: number, to: number, length: number): void {
    const { kvHeads, headDim, maxContext, slots } = this.#shape
    if (from >= slots || to >= slots || length > maxContext) {
      throw new AppError('internal', `slot ${from} to ${to}, ${length} rows: the cache has ${slots} x ${maxContext}`)
    }
    const headSize = maxContext * headDim
    for (const buffer of this.#buffers) {
      for (let head = 0; head < kvHeads; head++) {
        const source = from * this.#slotSize + head * headSize
        buffer.copyWithin(to * this.#slotSize + head * headSize, source, source + length * headDim)
      }
    }
  }

  #makeView(firstSlot: number, count: number): CacheView {
    const { kvHeads, headDim, maxContext } = this.#shape
    const dims = [count, kvHeads, maxContext, headDim]
    const view: CacheView = { past: {}, present: {} }
    for (const [index, buffer] of this.#buffers.entries()) {
      const part = PARTS[index % PARTS.length]!
      const layer = Math.floor(index / PARTS.length)
      const rows = buffer.subarray(firstSlot * this.#slotSize, (firstSlot + count) * this.#slotSize)
      const tensor = new Tensor('float32', rows, dims)
      view.past[cacheName('past', layer, part)] = tensor
      view.present[cacheName('present', layer, part)] = tensor
    }
    return view
  }
}
