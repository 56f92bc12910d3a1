// What the steps of an 8-bit cache stand for: fixed when the graph is built, by what calibration has measured.

import { readFileSync, writeFileSync } from 'node:fs'
import type { ModelConfig } from '../../tokenizer/model-config.ts'
import type { LayerMaxima } from './smoothing.ts'

/** Of one layer, per channel `[kvHeads * headDim]`: value = scale * step. */
export interface CacheScales {
  key: Float32Array
  /** Folded into the weights before and behind the cache: in the graph, values come in steps. */
  value: Float32Array
}

/** More than was measured also fits: another text may go further, and what doesn't fit is cut off. */
const ROOM = 1.3
const LARGEST_STEP = 127

export function cacheScales({ key, value }: LayerMaxima): CacheScales {
  const scales = (maxima: Float32Array) => maxima.map((max) => (max * ROOM) / LARGEST_STEP || 1)
  return { key: scales(key), value: scales(value) }
}

/** For the runner, which has to read the cache, too: layer after layer, as float32. */
export function writeKeyScales(path: string, layers: readonly CacheScales[]): void {
  const all = layers.flatMap(({ key }) => [...key])
  writeFileSync(path, new Uint8Array(Float32Array.from(all).buffer), { flush: true })
}

/** `[kvHeads * headDim]` of each layer. */
export function readKeyScales(path: string, { layers, kvHeads, headDim }: ModelConfig): Float32Array[] {
  const bytes = readFileSync(path)
  const all = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))
  const width = kvHeads * headDim
  return Array.from({ length: layers }, (_, layer) => all.subarray(layer * width, (layer + 1) * width))
}
