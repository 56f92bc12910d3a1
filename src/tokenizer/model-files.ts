// The files of the model that MODEL or EMBEDDING_MODEL names: the embedded one, a folder, a GGUF or ONNX file, or an id
// that was pulled. Only finds and checks them; reading the weights is done by who computes with them.

import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { AppError } from '../errors.ts'
import { checksumsName, verifyChecksums } from './checksums.ts'
import { type ModelConfig, readConfig } from './model-config.ts'
import type { TokenizerFiles } from './tokenizer.ts'
import { readModelJson } from './tokenizer-config.ts'

export interface ModelFiles {
  /** As /v1/models and answers call it. */
  name: string
  folder: string
  /** `onnx` is a graph as well, the first of the paths; the others hold its weights. */
  weights: { kind: 'gguf' | 'safetensors' | 'onnx'; paths: string[] }
  configPath: string
  tokenizerPath: string
  tokenizerConfigPath: string
  generationConfigPath?: string
  /** SHA256SUMS of the folder, in the form of the command of that name. */
  checksumsPath?: string
}

/** Where the repository keeps its model; the same from src/ and from dist/. */
const EMBEDDED = fileURLToPath(new URL('../../models', import.meta.url))
const REQUIRED = ['config.json', 'tokenizer.json', 'tokenizer_config.json'] as const

/**
 * `setting` undefined or empty is the embedded model. Throws `bad_model` that lists the places tried, or names the file
 * that a folder lacks. The small files are checked against the folder's SHA256SUMS, the weights when they are used.
 */
export async function resolveModel(setting: string | null | undefined, dataDir: string): Promise<ModelFiles> {
  const name = setting?.trim() || null
  return checked(name === null ? embedded() : locate(name, dataDir, decoder))
}

/** The model that EMBEDDING_MODEL names: a folder of the hub's form with an ONNX export. Throws as `resolveModel`. */
export async function resolveEncoder(setting: string, dataDir: string): Promise<ModelFiles> {
  return checked(locate(setting.trim(), dataDir, encoder))
}

async function checked(files: ModelFiles): Promise<ModelFiles> {
  await verifyChecksums(files, smallFiles(files))
  return files
}

/** What a model's tokenizer is read from: the same files for the API, the engine and calibration. */
export function tokenizerFilesOf(files: ModelFiles): TokenizerFiles {
  return {
    tokenizer: files.tokenizerPath,
    tokenizerConfig: files.tokenizerConfigPath,
    generationConfig: files.generationConfigPath,
  }
}

/** config.json, checked: an architecture, rotation or activation that we can't run is a `bad_model`. */
export function readModelConfig(files: ModelFiles): ModelConfig {
  return readConfig(files.configPath)
}

/** Folders of pulled models by id (`owner/name`). */
export function pulledFolder(dataDir: string, id: string): string {
  return join(dataDir, 'models', ...id.split('/'))
}

/** What a setting may name. */
interface Kind {
  setting: 'MODEL' | 'EMBEDDING_MODEL'
  allowed: string
  /** How such a model is fetched. */
  pull: string
  /** The ends of names of files that may be named themselves. */
  files: readonly string[]
  weightsIn(folder: string): ModelFiles['weights']
}

const decoder: Kind = {
  setting: 'MODEL',
  allowed: 'a GGUF file or a folder',
  pull: 'pull ID',
  files: ['.gguf', '.onnx'],
  weightsIn,
}

/** The hub's folders of encoders hold the weights in other forms as well; only the export can be run. */
const encoder: Kind = {
  setting: 'EMBEDDING_MODEL',
  allowed: 'a folder with an ONNX export',
  pull: 'pull --embedding ID',
  files: ['.onnx'],
  weightsIn: (folder) => {
    const graph = onnxIn(folder)
    if (graph) return onnxWeights(graph)
    throw bad(folder, 'has no ONNX export: an embedding model needs onnx/model.onnx or model.onnx')
  },
}

/** A clone carries its model; the npm package does not. */
function embedded(): ModelFiles {
  if (existsSync(EMBEDDED) && readdirSync(EMBEDDED).some((name) => name.endsWith('.gguf')))
    return inFolder(EMBEDDED, weightsIn)
  throw new AppError(
    'bad_model',
    'there is no model here: set MODEL to a GGUF file or a model folder, or fetch one with ' +
      '`workflowai model pull HuggingFaceTB/SmolLM2-135M-Instruct` and set MODEL to its id',
    { field: 'MODEL' },
  )
}

function locate(setting: string, dataDir: string, kind: Kind): ModelFiles {
  const path = resolve(setting)
  if (isFolder(path)) return inFolder(path, kind.weightsIn)
  if (existsSync(path)) {
    if (!kind.files.some((end) => path.endsWith(end))) throw bad(path, `is not a model: give ${kind.allowed}`)
    return path.endsWith('.gguf')
      ? inFolder(dirname(path), () => ({ kind: 'gguf', paths: [path] }))
      : inFolder(aboveGraph(path), () => onnxWeights(path))
  }
  const pulled = pulledFolder(dataDir, setting)
  if (/^[\w.-]+(\/[\w.-]+)?$/.test(setting) && isFolder(pulled)) return inFolder(pulled, kind.weightsIn)
  throw new AppError(
    'bad_model',
    `there is no model ${setting}: no file or folder ${path}, and no pulled model in ${pulled}. ` +
      `Give ${kind.allowed}, or an id that was fetched with \`npm run model -- ${kind.pull}\``,
    { field: kind.setting },
  )
}

function inFolder(folder: string, weightsOf: Kind['weightsIn']): ModelFiles {
  for (const name of REQUIRED) {
    if (!existsSync(join(folder, name))) {
      throw bad(folder, `has no ${name}; a model needs ${REQUIRED.join(', ')} beside its weights`)
    }
  }
  const weights = weightsOf(folder)
  const optional = (name: string) => (existsSync(join(folder, name)) ? join(folder, name) : undefined)
  const generationConfigPath = optional('generation_config.json')
  const checksumsPath = optional(checksumsName)
  return {
    name: weights.kind === 'gguf' ? ggufModelName(weights.paths[0]!) : basename(folder),
    folder,
    weights,
    configPath: join(folder, 'config.json'),
    tokenizerPath: join(folder, 'tokenizer.json'),
    tokenizerConfigPath: join(folder, 'tokenizer_config.json'),
    ...(generationConfigPath && { generationConfigPath }),
    ...(checksumsPath && { checksumsPath }),
  }
}

const indexSchema = z.looseObject({ weight_map: z.record(z.string(), z.string().regex(/^[^/\\]+$/)) })

function weightsIn(folder: string): ModelFiles['weights'] {
  const index = join(folder, 'model.safetensors.index.json')
  if (existsSync(index)) {
    const { weight_map } = readModelJson(index, indexSchema)
    const paths = [...new Set(Object.values(weight_map))].sort().map((name) => join(folder, name))
    const missing = paths.find((path) => !existsSync(path))
    if (missing) throw bad(missing, 'is missing, but model.safetensors.index.json names it; fetch the model again')
    return { kind: 'safetensors', paths }
  }
  const single = join(folder, 'model.safetensors')
  if (existsSync(single)) return { kind: 'safetensors', paths: [single] }
  const ggufs = readdirSync(folder).filter((name) => name.endsWith('.gguf'))
  if (ggufs.length === 1) return { kind: 'gguf', paths: [join(folder, ggufs[0]!)] }
  if (ggufs.length > 1) throw bad(folder, `has ${ggufs.length} GGUF files (${ggufs.join(', ')}): name the one to use`)
  const graph = onnxIn(folder)
  if (graph) return onnxWeights(graph)
  throw bad(
    folder,
    'has no weights: model.safetensors, model.safetensors.index.json, a .gguf file or an export (model.onnx, onnx/model.onnx)',
  )
}

/** The hub's repositories keep an export beside the small files, or in a folder onnx with a file for each precision. */
function onnxIn(folder: string): string | null {
  const graphs = ['.', 'onnx']
    .map((part) => join(folder, part))
    .filter(isFolder)
    .flatMap((part) => readdirSync(part).flatMap((name) => (name.endsWith('.onnx') ? [join(part, name)] : [])))
  const plain = graphs.find((path) => basename(path) === 'model.onnx')
  if (plain || graphs.length <= 1) return plain ?? graphs[0] ?? null
  throw bad(folder, `has ${graphs.length} ONNX files (${graphs.join(', ')}): name the one to use`)
}

/** Files of weights go by the graph's name: model.onnx_data, model.onnx_data_1, model.onnx.data. */
function onnxWeights(graph: string): ModelFiles['weights'] {
  const folder = dirname(graph)
  const name = basename(graph)
  const parts = readdirSync(folder).filter((part) => part.startsWith(`${name}_data`) || part.startsWith(`${name}.data`))
  return { kind: 'onnx', paths: [graph, ...parts.sort().map((part) => join(folder, part))] }
}

function aboveGraph(path: string): string {
  const folder = dirname(path)
  return basename(folder) === 'onnx' && !existsSync(join(folder, 'config.json')) ? dirname(folder) : folder
}

/** Without the quantization: SmolLM2-135M-Instruct.Q4_1.gguf is the model SmolLM2-135M-Instruct. */
function ggufModelName(path: string): string {
  return basename(path, '.gguf').replace(/[.-](I?Q\d\w*|B?F16|F32)$/i, '')
}

function smallFiles(files: ModelFiles): string[] {
  const { configPath, tokenizerPath, tokenizerConfigPath, generationConfigPath } = files
  return [configPath, tokenizerPath, tokenizerConfigPath, ...(generationConfigPath ? [generationConfigPath] : [])]
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

function bad(path: string, problem: string): AppError {
  return new AppError('bad_model', `${path} ${problem}`, { field: path })
}
