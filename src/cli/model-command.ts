// `workflowai model pull ID | list | show [MODEL]`: models on this machine.

import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { readSettings } from '../settings.ts'
import type { ModelConfig } from '../tokenizer/model-config.ts'
import { type ModelFiles, readModelConfig, resolveModel } from '../tokenizer/model-files.ts'
import { readModelLimits } from '../tokenizer/model-limits.ts'
import { ProgressDisplay } from '../worker/progress-display.ts'
import { ModelHub } from './model-hub.ts'
import { pullModel, sourceOf } from './model-pull.ts'

const say = (line: string): void => void process.stdout.write(`${line}\n`)

interface PullFlags {
  revision: string
  file?: string
  embedding?: true
}

async function pull(id: string, { revision, file, embedding }: PullFlags): Promise<void> {
  const { dataDir } = readSettings(process.env)
  const endpoint = process.env.HF_ENDPOINT?.trim() || 'https://huggingface.co'
  const hub = new ModelHub({ endpoint, token: process.env.HF_TOKEN?.trim() || null })
  const display = new ProgressDisplay(process.stderr)
  try {
    const options = { id, revision, file: file ?? null, embedding: embedding === true, dataDir }
    const pulled = await pullModel(hub, { ...options, onProgress: (progress) => display.show(progress) })
    display.end()
    say(`${id} ${pulled.unchanged ? 'is up to date' : 'is complete'} (${pulled.commit.slice(0, 12)}): ${pulled.folder}`)
    say(`Serve it with ${embedding ? 'EMBEDDING_MODEL' : 'MODEL'}=${id}`)
  } finally {
    display.end()
  }
}

async function list({ json = false }: { json?: boolean }): Promise<void> {
  const { dataDir } = readSettings(process.env)
  const ids = [null, ...pulledIds(join(dataDir, 'models'))]
  const models = await Promise.all(ids.map(async (id) => ({ id, files: await resolveModel(id, dataDir) })))
  if (json)
    return say(
      JSON.stringify(
        models.map(({ id, files }) => ({ id, ...summaryOf(files) })),
        null,
        2,
      ),
    )
  for (const { id, files } of models) {
    const { kind, megabytes, folder } = summaryOf(files)
    say(`${(id ?? '(default)').padEnd(40)} ${kind.padEnd(12)} ${`${megabytes} MB`.padStart(9)}  ${folder}`)
  }
}

async function show(setting: string | undefined, { json = false }: { json?: boolean }): Promise<void> {
  const { model, dataDir } = readSettings(process.env)
  const files = await resolveModel(setting ?? model, dataDir)
  const limits = readModelLimits(files)
  const source = sourceOf(files.folder)
  const { kind, megabytes } = summaryOf(files)
  const rows: [string, string][] = [
    ['model', files.name],
    // What an export computes is in its graph.
    ...(kind === 'onnx' ? [] : shapeRows(readModelConfig(files))),
    ['vocabulary', String(limits.vocabSize)],
    ['context', `${limits.contextLength} tokens`],
    ['weights', `${kind}, ${megabytes} MB: ${files.weights.paths.join(', ')}`],
    ...(source ? [['source', `${source.id} at ${source.commit}`] as [string, string]] : []),
  ]
  if (json) return say(JSON.stringify(Object.fromEntries(rows), null, 2))
  for (const [name, value] of rows) say(`${name.padEnd(13)} ${value}`)
}

function shapeRows({ architecture, layers, hiddenSize, heads, kvHeads, headDim }: ModelConfig): [string, string][] {
  const numbersPerToken = layers * kvHeads * headDim * 2
  const kilobytes = (bytesEach: number) => ((numbersPerToken * bytesEach) / 1000).toFixed(1)
  return [
    ['architecture', architecture],
    ['layers', `${layers} of width ${hiddenSize}`],
    ['attention', `${heads} heads, ${kvHeads} for keys and values, of ${headDim}`],
    ['KV cache', `${kilobytes(1)} KB a token, ${kilobytes(4)} with MODEL_PRECISION=float32`],
  ]
}

function summaryOf({ name, folder, weights }: ModelFiles) {
  const bytes = weights.paths.reduce((sum, path) => sum + statSync(path).size, 0)
  return { name, kind: weights.kind, megabytes: Math.round(bytes / 1e6), folder }
}

/** `OWNER/NAME` of every folder that holds a model. */
function pulledIds(modelsDir: string): string[] {
  const folders = (path: string) =>
    readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
  if (!statSync(modelsDir, { throwIfNoEntry: false })?.isDirectory()) return []
  return folders(modelsDir).flatMap((owner) =>
    folders(join(modelsDir, owner.name)).map((model) => `${owner.name}/${model.name}`),
  )
}

export function modelCommand(): Command {
  const command = new Command('model').description('models on this machine')
  command
    .command('pull <id>')
    .description('fetch a model from the Hugging Face hub (HF_ENDPOINT and HF_TOKEN are respected)')
    .option('--revision <name>', 'branch, tag or commit', 'main')
    .option('--file <name>', 'the GGUF or ONNX file to take, where there are several')
    .option('--embedding', 'a model of texts for EMBEDDING_MODEL: its ONNX export')
    .action(pull)
  command
    .command('list')
    .description('the embedded model and those that were pulled')
    .option('--json', 'as JSON')
    .action(list)
  command
    .command('show [model]')
    .description('what a model is; MODEL or the embedded one without a name')
    .option('--json', 'as JSON')
    .action(show)
  return command
}
