// Small random decoders in the hub's form: a folder with config, tokenizer and onnx/model.onnx.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { StockWeights } from '../../../bench/stock-graph/llama-export.ts'
import { writeStockGraph } from '../../../bench/stock-graph/write-export.ts'
import { GraphBuilder } from '../../../src/inference/model/graph-builder.ts'
import type { ModelRunner } from '../../../src/inference/model-runner.ts'
import type { RunnerOptions } from '../../../src/inference/runner/graph-runner.ts'
import { createStockRunner } from '../../../src/inference/stock/stock-runner.ts'
import { resolveModel } from '../../../src/tokenizer/model-files.ts'
import { readModelLimits } from '../../../src/tokenizer/model-limits.ts'
import { type TinyConfig, type TinyModel, writeModelFolder, writeSafetensors } from '../model/tiny-models.ts'
import { addGpt2Export, type Positions } from './gpt2-export.ts'
import type { TinyGpt2 } from './tiny-gpt2.ts'

/** The model's safetensors are written to a folder beside it. */
export async function writeLlamaExport(folder: string, model: TinyModel, weights: StockWeights = 'float32') {
  const source = `${folder}-safetensors`
  writeSafetensors(source, model)
  writeStockGraph(await resolveModel(source, source), folder, weights)
}

export function writeGpt2Export(folder: string, model: TinyGpt2, positions: Positions = 'counted'): void {
  const config = { architectures: ['GPT2LMHeadModel'], model_type: 'gpt2', ...model.config }
  writeModelFolder(folder, config as unknown as TinyConfig)
  writeExport(folder, (graph) => addGpt2Export(graph, model, positions))
}

export interface StockShape {
  inputs: string[]
  outputs: string[]
  cacheDims?: (number | string)[]
}

/** A graph with these inputs and outputs, that computes nothing. */
export function writeGraph(folder: string, { inputs, outputs, cacheDims }: StockShape): void {
  const cache = cacheDims ?? ['batch', 2, 'past', 16]
  writeExport(folder, (graph) => {
    for (const name of inputs) {
      if (name.startsWith('past_')) graph.input(name, 'float32', cache)
      else graph.input(name, 'int64', ['batch', 'seq'])
    }
    const dims = [1, 1, 1, 1]
    graph.tensor('nothing', 'float32', [1], Float32Array.of(0))
    for (const name of outputs) {
      const own = name === 'logits' ? dims.slice(1) : dims
      const shape = graph.shared(`ones_${own.length}`, 'int64', [own.length], BigInt64Array.from(own, BigInt))
      graph.node('Reshape', ['nothing', shape], {}, { outputs: [name] })
      graph.output(name, 'float32', own)
    }
  })
}

/** onnx/model.onnx and its weights. */
export function writeExport(folder: string, add: (graph: GraphBuilder) => void): void {
  mkdirSync(join(folder, 'onnx'), { recursive: true })
  const graph = new GraphBuilder(join(folder, 'onnx', 'model.onnx_data'), 'model.onnx_data')
  try {
    add(graph)
    writeFileSync(join(folder, 'onnx', 'model.onnx'), graph.finish())
  } finally {
    graph.close()
  }
}

/** The runner as the engine opens it. */
export async function openStockRunner(folder: string, options: RunnerOptions): Promise<ModelRunner> {
  const files = await resolveModel(folder, folder)
  return createStockRunner({ path: files.weights.paths[0]!, limits: readModelLimits(files) }, options)
}
