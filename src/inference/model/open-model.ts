// From a model's files to a graph that the runner can load: found in the cache, or built there.

import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { AppError } from '../../errors.ts'
import { checksumOf, verifyChecksums } from '../../tokenizer/checksums.ts'
import type { ModelConfig } from '../../tokenizer/model-config.ts'
import { type ModelFiles, readModelConfig, tokenizerFilesOf } from '../../tokenizer/model-files.ts'
import { Tokenizer } from '../../tokenizer/tokenizer.ts'
import { writeKeyScales } from './cache-scales.ts'
import { maximaPath, measureMaxima, readMaxima } from './calibration.ts'
import { CALIBRATION_TEXTS } from './calibration-text.ts'
import { addDecoder } from './decoder-graph.ts'
import { DecoderWeights } from './decoder-weights.ts'
import { GgufSource } from './gguf-source.ts'
import { GraphBuilder } from './graph-builder.ts'
import {
  findBuilt,
  finishFolder,
  GRAPH_FILE,
  keyOf,
  PROMPTS_FILE,
  SCALES_FILE,
  startFolder,
  WEIGHTS_FILE,
} from './graph-files.ts'
import type { GraphPlan } from './graph-names.ts'
import { supportedWeightBits, type WeightBits } from './kernel-kind.ts'
import { SafetensorsSource } from './safetensors-source.ts'
import type { ActivationMaxima } from './smoothing.ts'
import type { TensorSource } from './tensor-source.ts'

/** Raised whenever the graph's nodes or the form of its weights change: older graphs are then built again. */
const GRAPH_VERSION = 8

export type Precision = 'int8' | 'float32'

/** A built graph, ready for the runner. */
export interface GraphFiles {
  /** The ONNX file; its weights are beside it. */
  path: string
  config: ModelConfig
  /** Of int8 models, whose cache has 8 bits; null for float32. */
  eightBit: { promptsPath: string; scalesPath: string } | null
}

export interface BuildProgress {
  phase: 'checking' | 'calibrating' | 'building'
  done: number
  total: number
}

export interface BuildOptions {
  precision: Precision
  dataDir: string
  onProgress?: (progress: BuildProgress) => void
  /** For int8; without it what this machine's kernel takes. A container image has both. */
  weightBits?: WeightBits
}

/**
 * Returns at once when the graph is in `dataDir`/graphs. Throws `bad_model` for weights that are damaged or of a kind
 * that we can't run, `bad_setting` when the folder can't be written (a full disk, missing rights).
 */
export async function buildGraph(files: ModelFiles, options: BuildOptions): Promise<GraphFiles> {
  return new GraphBuild(files, options).run()
}

/** The largest activations of a model, measured; for the file that is kept beside the embedded model's weights. */
export async function calibrate(files: ModelFiles, dataDir: string): Promise<ActivationMaxima> {
  return new GraphBuild(files, { precision: 'float32', dataDir }).measure()
}

class GraphBuild {
  readonly #files: ModelFiles
  readonly #options: BuildOptions
  readonly #graphsDir: string
  readonly #config: ModelConfig

  constructor(files: ModelFiles, options: BuildOptions) {
    this.#files = files
    this.#options = options
    this.#graphsDir = join(options.dataDir, 'graphs')
    this.#config = readModelConfig(files)
  }

  async run(): Promise<GraphFiles> {
    const { precision } = this.#options
    const weightBits = precision === 'int8' ? (this.#options.weightBits ?? (await supportedWeightBits())) : null
    const key = keyOf({ version: GRAPH_VERSION, precision, weightBits, files: await this.#checksums() })
    const folder = join(this.#graphsDir, `${this.#files.name}-${precision}-${key}`)
    const eightBit =
      precision === 'int8' ? { promptsPath: join(folder, PROMPTS_FILE), scalesPath: join(folder, SCALES_FILE) } : null
    const graph = { path: join(folder, GRAPH_FILE), config: this.#config, eightBit }
    if ((await findBuilt(folder, key)) !== null) return graph
    await this.#writing(async (building) => {
      await verifyChecksums(this.#files, [...this.#files.weights.paths, maximaPath(this.#files.folder)])
      const plan: GraphPlan =
        weightBits === null
          ? { precision: 'float32', taps: false }
          : { precision: 'int8', weightLimit: weightBits === 8 ? 127 : 63, maxima: await this.#maxima() }
      await this.#build(plan, building, 'building')
      await finishFolder(building, folder, key)
    })
    return graph
  }

  async measure(): Promise<ActivationMaxima> {
    return this.#writing(async (building) => {
      await this.#build({ precision: 'float32', taps: true }, building, 'calibrating')
      const tokenizer = Tokenizer.load(tokenizerFilesOf(this.#files))
      const sequences = CALIBRATION_TEXTS.map((text) => [...tokenizer.prefixIds, ...tokenizer.encode(text)])
      const total = this.#config.layers + sequences.length
      return measureMaxima(join(building, GRAPH_FILE), this.#config, sequences, (done) =>
        this.#options.onProgress?.({ phase: 'calibrating', done: this.#config.layers + done, total }),
      )
    })
  }

  async #maxima(): Promise<ActivationMaxima> {
    return readMaxima(this.#files.folder, this.#config) ?? (await this.measure())
  }

  async #build(plan: GraphPlan, building: string, phase: BuildProgress['phase']): Promise<void> {
    const extra = phase === 'calibrating' ? CALIBRATION_TEXTS.length : 0
    const total = this.#config.layers + extra
    const source = openSource(this.#files)
    const graph = new GraphBuilder(join(building, WEIGHTS_FILE), WEIGHTS_FILE)
    try {
      const weights = new DecoderWeights(this.#config, source, this.#files.weights.paths[0]!)
      const scales = await addDecoder(graph, weights, plan, async (done) => {
        this.#options.onProgress?.({ phase, done, total })
        // Lets the caller draw, and signals arrive.
        await nextTurn()
      })
      const write = (name: string, bytes: Uint8Array) => writeFileSync(join(building, name), bytes, { flush: true })
      write(GRAPH_FILE, graph.finish('steps'))
      if (plan.precision === 'float32') return
      write(PROMPTS_FILE, graph.finish('prompts'))
      writeKeyScales(join(building, SCALES_FILE), scales)
    } finally {
      graph.close()
      source.close()
    }
  }

  /** Calls `write` with an empty folder and removes what is left of it afterwards. */
  async #writing<T>(write: (building: string) => Promise<T>): Promise<T> {
    let building: string | null = null
    try {
      building = startFolder(this.#graphsDir)
      return await write(building)
    } catch (error) {
      throw diskProblem(this.#graphsDir, error) ?? error
    } finally {
      if (building) rmSync(building, { recursive: true, force: true })
    }
  }

  /** Of everything that decides what the graph computes. Listed ones are taken at their word here. */
  async #checksums(): Promise<string[]> {
    const maxima = maximaPath(this.#files.folder)
    const paths = [this.#files.configPath, ...this.#files.weights.paths, ...(existsSync(maxima) ? [maxima] : [])]
    const checksums: string[] = []
    for (const [index, path] of paths.entries()) {
      this.#options.onProgress?.({ phase: 'checking', done: index, total: paths.length })
      checksums.push(await checksumOf(this.#files, path))
    }
    return checksums
  }
}

function openSource({ weights }: ModelFiles): TensorSource {
  return weights.kind === 'gguf' ? new GgufSource(weights.paths[0]!) : new SafetensorsSource(weights.paths)
}

const DISK_PROBLEMS: Record<string, string> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file is larger than this process may write',
  EACCES: 'the folder may not be written',
  EPERM: 'the folder may not be written',
  EROFS: 'the disk is read-only',
  EEXIST: 'there is a file in its place',
  ENOTDIR: 'there is a file in its place',
}

function diskProblem(folder: string, error: unknown): AppError | null {
  const problem = DISK_PROBLEMS[(error as NodeJS.ErrnoException).code ?? '']
  if (problem === undefined || error instanceof AppError) return null
  return new AppError(
    'bad_setting',
    `cannot keep the model's graph in ${folder}: ${problem}. Make room there, or set DATA_DIR to another folder`,
    { field: 'DATA_DIR', cause: error },
  )
}
