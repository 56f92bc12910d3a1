// The largest activation of every channel, for SmoothQuant: measured on a short text with the float32 graph, or read
// from a file beside the weights that an earlier measurement left there.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import type { ModelConfig } from '../../tokenizer/model-config.ts'
import { cacheName, HEAD_TAP, MEASURED, TAPS, tapName } from './graph-names.ts'
import { SafetensorsSource } from './safetensors-source.ts'
import type { ActivationMaxima, LayerMaxima } from './smoothing.ts'
import { badModel } from './tensor-source.ts'

const MAXIMA_FILE = 'activation-maxima.safetensors'
/** Longer texts are cut: the maxima hardly grow. */
const MAX_TOKENS = 512

export const maximaPath = (folder: string) => join(folder, MAXIMA_FILE)

/** null when the folder has no such file. */
export function readMaxima(folder: string, config: ModelConfig): ActivationMaxima | null {
  const path = maximaPath(folder)
  if (!existsSync(path)) return null
  const source = new SafetensorsSource([path])
  const read = (name: string, wanted: number) => {
    const values = source.read(name)
    if (values.length === wanted) return values
    throw badModel(path, `${name} has ${values.length} values, but the config asks for ${wanted}`)
  }
  try {
    const channels = channelsOf(config)
    return {
      layers: Array.from({ length: config.layers }, (_, layer) =>
        collect((tap) => read(tapName(layer, tap), channels[tap])),
      ),
      head: read(HEAD_TAP, config.hiddenSize),
    }
  } finally {
    source.close()
  }
}

/** Runs each sequence of ids through a graph that was built with taps. */
export async function measureMaxima(
  graphPath: string,
  config: ModelConfig,
  sequences: readonly (readonly number[])[],
  onSequence: (done: number) => void,
): Promise<ActivationMaxima> {
  const channels = channelsOf(config)
  const layers = Array.from({ length: config.layers }, () => collect((tap) => new Float32Array(channels[tap])))
  const head = new Float32Array(config.hiddenSize)
  const parts = ['key', 'value'] as const
  const names = layers.flatMap((_, layer) => [
    ...TAPS.map((tap) => tapName(layer, tap)),
    ...parts.map((part) => cacheName('present', layer, part)),
  ])
  const session = await InferenceSession.create(graphPath)
  try {
    for (const [index, ids] of sequences.entries()) {
      const results = await session.run(feedsFor(ids.slice(0, Math.min(MAX_TOKENS, config.contextLength)), config), [
        ...names,
        HEAD_TAP,
      ])
      raise(head, results[HEAD_TAP]!.data as Float32Array)
      for (const [layer, taps] of layers.entries()) {
        for (const tap of TAPS) raise(taps[tap], results[tapName(layer, tap)]!.data as Float32Array)
        for (const part of parts) {
          const rows = results[cacheName('present', layer, part)]!.data as Float32Array
          raiseByCache(taps[part], rows, config.headDim)
        }
      }
      onSequence(index + 1)
    }
  } finally {
    await session.release()
  }
  return { layers, head }
}

function feedsFor(ids: readonly number[], config: ModelConfig): Record<string, Tensor> {
  const { layers, heads, kvHeads, headDim, headNorm } = config
  const count = ids.length
  const width = headNorm ? -1 : (heads + 2 * kvHeads) * headDim
  const empty = new Tensor('float32', new Float32Array(kvHeads * count * headDim), [1, kvHeads, count, headDim])
  const feeds: Record<string, Tensor> = {
    ids: new Tensor('int32', Int32Array.from(ids), [count]),
    attention_shape: new Tensor('int64', BigInt64Array.from([1, count, width], BigInt), [3]),
    last_positions: new Tensor('int32', Int32Array.of(count - 1), [1]),
    longest: new Tensor('int32', Int32Array.of(count), [1]),
    logit_rows: new Tensor(
      'int32',
      Int32Array.from({ length: count }, (_, row) => row),
      [count],
    ),
  }
  for (let layer = 0; layer < layers; layer++) {
    for (const part of ['key', 'value'] as const) feeds[cacheName('past', layer, part)] = empty
  }
  return feeds
}

function channelsOf({ hiddenSize, kvHeads, headDim, innerSize }: ModelConfig): Record<keyof LayerMaxima, number> {
  const cached = kvHeads * headDim
  return {
    ...{ attention: hiddenSize, inner: hiddenSize, down: innerSize },
    ...{ key: cached, value: cached },
  }
}

function collect(values: (tap: keyof LayerMaxima) => Float32Array): LayerMaxima {
  return Object.fromEntries(MEASURED.map((name) => [name, values(name)])) as unknown as LayerMaxima
}

/** By the cache's own layout: `[kvHeads, rows, headDim]`. */
function raiseByCache(maxima: Float32Array, rows: Float32Array, headDim: number): void {
  const perHead = rows.length / (maxima.length / headDim)
  for (const [i, value] of rows.entries()) {
    const channel = Math.floor(i / perHead) * headDim + (i % headDim)
    maxima[channel] = Math.max(maxima[channel]!, Math.abs(value))
  }
}

function raise(maxima: Float32Array, values: Float32Array): void {
  for (const [channel, value] of values.entries()) maxima[channel] = Math.max(maxima[channel]!, value)
}
