// From settings to an engine in this process: find the model, build its graph if this machine has none yet, load it.

import { AppError } from '../errors.ts'
import { verifyChecksums } from '../tokenizer/checksums.ts'
import { type ModelFiles, resolveModel, tokenizerFilesOf } from '../tokenizer/model-files.ts'
import { readModelLimits } from '../tokenizer/model-limits.ts'
import { PromptEncoder } from '../tokenizer/prompt-encoder.ts'
import { Tokenizer } from '../tokenizer/tokenizer.ts'
import type { EngineInfo } from './engine.ts'
import type { EngineSettings, OpenProgress } from './engine-messages.ts'
import { LocalEngine } from './local-engine.ts'
import type { ModelRunner } from './model-runner.ts'
import { ScriptedRunner } from './scripted-runner.ts'

/** Slots beyond those that run at once: they keep what prompts with the same beginning can use. */
const spareSlots = 2

export interface OpenEngineOptions {
  onProgress?: (progress: OpenProgress) => void
  /** See LocalEngineOptions. */
  onFailure?: (error: AppError) => void
}

/** Throws `bad_model` or `bad_setting` with one line that says what to do. */
export async function openEngine(
  settings: EngineSettings,
  { onProgress = () => {}, onFailure }: OpenEngineOptions = {},
): Promise<LocalEngine> {
  const { model, slots, threads, dataDir } = settings
  const rate = scriptedRate(model)
  const files = await resolveModel(rate === null ? model : '', dataDir)
  // Short ones are common among exports: gpt2 has 1,024.
  const maxContext = Math.min(settings.maxContext, readModelLimits(files).contextLength)
  const encoder = new PromptEncoder(Tokenizer.load(tokenizerFilesOf(files)))
  const { tokenizer } = encoder
  const own = { ...settings, maxContext }
  const runner = rate === null ? await openModel(files, own, tokenizer, onProgress) : openScripted(own, rate, tokenizer)
  const precision: EngineInfo['precision'] = files.weights.kind === 'onnx' ? 'exported' : settings.precision
  const info = { model: rate === null ? files.name : model, precision, slots, threads, maxContext }
  const { kvTokens = Number.POSITIVE_INFINITY } = settings
  return new LocalEngine({
    ...{ runner, encoder, info, kvTokens },
    drafting: settings.drafting !== 'off',
    ...(onFailure && { onFailure }),
  })
}

async function openModel(
  files: ModelFiles,
  settings: EngineSettings,
  tokenizer: Tokenizer,
  onProgress: (progress: OpenProgress) => void,
): Promise<ModelRunner> {
  if (files.weights.kind === 'onnx') return openExport(files, settings, tokenizer)
  const { precision, slots, threads, maxContext, dataDir } = settings
  // Loaded only here: the scripted engine runs without onnxruntime.
  const { buildGraph } = await import('./model/open-model.ts')
  const { createOnnxRunner } = await import('./runner/onnx-runner.ts')
  const graph = await buildGraph(files, {
    precision,
    dataDir,
    onProgress: ({ phase, done, total }) => onProgress({ stage: stages[phase], done, total }),
  })
  return createOnnxRunner(graph, { slots: slots + spareSlots, maxContext, threads })
}

/** A model that brings its own graph: nothing is built, and MODEL_PRECISION does not apply. */
async function openExport(
  files: ModelFiles,
  { slots, threads, maxContext }: EngineSettings,
  tokenizer: Tokenizer,
): Promise<ModelRunner> {
  await verifyChecksums(files, files.weights.paths)
  const { createStockRunner } = await import('./stock/stock-runner.ts')
  const path = files.weights.paths[0]!
  const limits = readModelLimits(files)
  const runner = await createStockRunner({ path, limits }, { slots: slots + spareSlots, maxContext, threads })
  const { vocabSize } = runner.shape
  if (tokenizer.idToBytes(vocabSize).length > 0) {
    await runner.close()
    const message = `${files.tokenizerPath} has more tokens than the ${vocabSize} that ${path} knows: it belongs to another model`
    throw new AppError('bad_model', message, { field: files.tokenizerPath })
  }
  return runner
}

const stages = {
  checking: 'checking the model',
  calibrating: 'measuring activations',
  building: 'building the graph',
} as const

/**
 * `scripted:RATE`, for load tests: as many decode steps a second as RATE says, of the embedded model's tokens but without
 * a model; `scripted:` as many as possible. null for any other setting.
 */
function scriptedRate(model: string): number | null {
  const match = /^scripted:(\d*)$/.exec(model)
  return match ? Number(match[1] || Number.POSITIVE_INFINITY) : null
}

function openScripted(
  { slots, maxContext }: EngineSettings,
  stepsPerSecond: number,
  tokenizer: Tokenizer,
): ModelRunner {
  console.error('engine: the model is scripted: it answers with meaningless tokens')
  return new ScriptedRunner({
    slots: slots + spareSlots,
    maxContext,
    vocabSize: 1024,
    stepsPerSecond,
    avoid: tokenizer.specialIds,
  })
}
