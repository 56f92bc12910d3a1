// `npm run model -- pull ID | list | show [MODEL]`: models on this machine.

import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { runMain } from '../process-main.ts'
import { readSettings } from '../settings.ts'
import type { ModelConfig } from '../tokenizer/model-config.ts'
import { type ModelFiles, readModelConfig, resolveModel } from '../tokenizer/model-files.ts'
import { readModelLimits } from '../tokenizer/model-limits.ts'
import { ProgressDisplay } from '../worker/progress-display.ts'
import { ModelHub } from './model-hub.ts'
import { pullModel, sourceOf } from './model-pull.ts'

const say = (line: string): void => void process.stdout.write(`${line}\n`)

async function pull(id: string, { revision, file }: { revision: string; file?: string }): Promise<void> {
  const { dataDir } = readSettings(process.env)
  const endpoint = process.env.HF_ENDPOINT?.trim() || 'https://huggingface.co'
  const hub = new ModelHub({ endpoint, token: process.env.HF_TOKEN?.trim() || null })
  const display = new ProgressDisplay(process.stderr)
  try {
    const options = { id, revision, file: file ?? null, dataDir }
    const pulled = await pullModel(hub, { ...options, onProgress: (progress) => display.show(progress) })
    display.end()
    say(`${id} ${pulled.unchanged ? 'is up to date' : 'is complete'} (${pulled.commit.slice(0, 12)}): ${pulled.folder}`)
    say(`Serve it with MODEL=${id}`)
  } finally {
    display.end()
  }
}

async function list(): Promise<void> {
  const { dataDir } = readSettings(process.env)
  say(describe('(default)', await resolveModel(null, dataDir)))
  for (const id of pulledIds(join(dataDir, 'models'))) say(describe(id, await resolveModel(id, dataDir)))
}

async function show(setting: string | undefined): Promise<void> {
  const { model, dataDir } = readSettings(process.env)
  const files = await resolveModel(setting ?? model, dataDir)
  const limits = readModelLimits(files)
  const source = sourceOf(files.folder)
  const rows: [string, string][] = [
    ['model', files.name],
    // What an export computes is in its graph.
    ...(files.weights.kind === 'onnx' ? [] : shapeRows(readModelConfig(files))),
    ['vocabulary', String(limits.vocabSize)],
    ['context', `${limits.contextLength} tokens`],
    ['weights', `${files.weights.kind}, ${megabytes(files)}: ${files.weights.paths.join(', ')}`],
    ...(source ? [['source', `${source.id} at ${source.commit}`] as [string, string]] : []),
  ]
  for (const [name, value] of rows) say(`${name.padEnd(13)} ${value}`)
}

function shapeRows({ architecture, layers, hiddenSize, heads, kvHeads, headDim }: ModelConfig): [string, string][] {
  return [
    ['architecture', architecture],
    ['layers', `${layers} of width ${hiddenSize}`],
    ['attention', `${heads} heads, ${kvHeads} for keys and values, of ${headDim}`],
    ['KV cache', `${Math.ceil((layers * kvHeads * headDim * 8) / 1024)} KB a token`],
  ]
}

function describe(id: string, files: ModelFiles): string {
  return `${id.padEnd(40)} ${files.weights.kind.padEnd(12)} ${megabytes(files).padStart(9)}  ${files.folder}`
}

function megabytes({ weights }: ModelFiles): string {
  const bytes = weights.paths.reduce((sum, path) => sum + statSync(path).size, 0)
  return `${(bytes / 1e6).toFixed(0)} MB`
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

await runMain(async () => {
  const program = new Command('npm run model --').description('Models on this machine')
  program
    .command('pull <id>')
    .description('fetch a model from the Hugging Face hub (HF_ENDPOINT and HF_TOKEN are respected)')
    .option('--revision <name>', 'branch, tag or commit', 'main')
    .option('--file <name>', 'the GGUF file to take, where there are several')
    .action(pull)
  program.command('list').description('the embedded model and those that were pulled').action(list)
  program.command('show [model]').description('what a model is; MODEL or the embedded one without a name').action(show)
  await program.parseAsync()
})
