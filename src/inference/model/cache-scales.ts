// What the steps of an 8-bit cache stand for: fixed when the graph is built, by what calibration has measured.

import { readFileSync, writeFileSync } from 'node:fs'
import type { ModelConfig } from '../../tokenizer/model-config.ts'
import { divideRows, type LayerMaxima } from './smoothing.ts'

/** Of one layer, per channel `[kvHeads * headDim]`: value = scale * step. */
export interface CacheScales {
  key: Float32Array
  value: Float32Array
}

/** More than was measured also fits: another text may go further, and what doesn't fit is cut off. */
const ROOM = 1.3
const LARGEST_STEP = 127

/** @param valueFactors what the values were divided by before they came into the cache (smoothing.ts) */
export function cacheScales({ key, value }: LayerMaxima, valueFactors: Float32Array): CacheScales {
  const scales = (maxima: Float32Array) => maxima.map((max) => (max * ROOM) / LARGEST_STEP || 1)
  return { key: scales(key), value: scales(divideRows(value, valueFactors)) }
}

/** For the runner, which has to read the cache, too: keys, then values, layer after layer, as float32. */
export function writeScales(path: string, layers: readonly CacheScales[]): void {
  const all = layers.flatMap(({ key, value }) => [...key, ...value])
  writeFileSync(path, new Uint8Array(Float32Array.from(all).buffer), { flush: true })
}

export function readScales(path: string, { layers, kvHeads, headDim }: ModelConfig): CacheScales[] {
  const bytes = readFileSync(path)
  const all = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))
  const width = kvHeads * headDim
  const slice = (index: number) => all.subarray(index * width, (index + 1) * width)
  return Array.from({ length: layers }, (_, layer) => ({ key: slice(2 * layer), value: slice(2 * layer + 1) }))
}
