// A model of ours as a folder in the hub's form, for the baseline "the stock graph in the same runtime": the same
// weights, config and tokenizer, and a graph as optimum exports it. MODEL may name the folder.

import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { DecoderWeights } from '../../src/inference/model/decoder-weights.ts'
import { GgufSource } from '../../src/inference/model/gguf-source.ts'
import { GraphBuilder } from '../../src/inference/model/graph-builder.ts'
import { keyOf } from '../../src/inference/model/graph-files.ts'
import { SafetensorsSource } from '../../src/inference/model/safetensors-source.ts'
import { sha256 } from '../../src/tokenizer/checksums.ts'
import { type ModelFiles, readModelConfig } from '../../src/tokenizer/model-files.ts'
import { addLlamaExport, type StockWeights } from './llama-export.ts'

/** Raised when the graph's nodes or the form of its weights change. */
const VERSION = 1

/** Returns the folder `dataDir`/stock/NAME-WEIGHTS-KEY, written if it isn't there. float32 needs four bytes a weight. */
export async function buildStockGraph(files: ModelFiles, dataDir: string, weights: StockWeights): Promise<string> {
  const checksums = await Promise.all([files.configPath, ...files.weights.paths].map(sha256))
  const folder = join(dataDir, 'stock', `${files.name}-${weights}-${keyOf({ VERSION, weights, checksums })}`)
  if (existsSync(folder)) return folder
  const building = `${folder}.${process.pid}`
  try {
    mkdirSync(building, { recursive: true })
    writeStockGraph(files, building, weights)
    renameSync(building, folder)
  } finally {
    rmSync(building, { recursive: true, force: true })
  }
  return folder
}

/** Writes onnx/model.onnx, its file of weights, and the small files into an existing folder. */
export function writeStockGraph(files: ModelFiles, folder: string, weights: StockWeights): void {
  mkdirSync(join(folder, 'onnx'), { recursive: true })
  const { kind, paths } = files.weights
  const source = kind === 'gguf' ? new GgufSource(paths[0]!) : new SafetensorsSource(paths)
  const graph = new GraphBuilder(join(folder, 'onnx', 'model.onnx_data'), 'model.onnx_data')
  try {
    addLlamaExport(graph, new DecoderWeights(readModelConfig(files), source, paths[0]!), weights)
    writeFileSync(join(folder, 'onnx', 'model.onnx'), graph.finish())
  } finally {
    graph.close()
    source.close()
  }
  const { configPath, tokenizerPath, tokenizerConfigPath, generationConfigPath } = files
  for (const path of [configPath, tokenizerPath, tokenizerConfigPath, generationConfigPath]) {
    if (path) copyFileSync(path, join(folder, basename(path)))
  }
}
