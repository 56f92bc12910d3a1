// The figures of one engine, measured in the process that runs it: a child, with the environment of a worker's engine.
// As a module: asks such a child. As a program: is one.

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { EngineSettings } from '../src/inference/engine-messages.ts'
import { withLargePages } from '../src/inference/large-pages.ts'
import { openEngine } from '../src/inference/open-engine.ts'
import { EngineWork, type WorkFigures } from './engine-work.ts'
import { openStockEngine } from './stock-engine.ts'

export const sequenceCounts = [1, 16, 32]
export const work = { promptTokens: 210, newTokens: 64 }
/** Batch sizes and their contexts. */
const decodes = [
  ...[1, 8, 16, 32].map((sequences) => ({ sequences, promptTokens: 128 })),
  ...[1, 16].map((sequences) => ({ sequences, promptTokens: 1024 })),
]

export interface EngineQuestion {
  /** Ours, or a stock graph of the same weights in the same runtime. */
  engine: 'own' | 'stock'
  settings: EngineSettings
  /** How often each of `sequenceCounts` runs; the figures are medians. */
  runs: number
  /** Whether the parts are measured too. */
  parts: boolean
}

export interface EngineFigures {
  /** One for each of `sequenceCounts`, where they ran. */
  wholes: WorkFigures[]
  parts: { name: string; rate: number }[]
}

/** @throws Error when the child ends without figures; it has said why */
export async function engineFigures(question: EngineQuestion): Promise<EngineFigures> {
  const child = fork(fileURLToPath(import.meta.url), [JSON.stringify(question)], {
    execArgv: ['--import', import.meta.resolve('tsx')],
    env: withLargePages(process.env),
  })
  let figures: EngineFigures | null = null
  child.once('message', (message: EngineFigures) => {
    figures = message
  })
  // Until its memory is given back: the next one is measured at once.
  await once(child, 'exit')
  if (figures === null) throw new Error(`the ${question.engine} engine's process ended without figures`)
  return figures
}

async function measure({ engine: which, settings, runs, parts }: EngineQuestion): Promise<EngineFigures> {
  const engine = await (which === 'own' ? openEngine(settings) : openStockEngine(settings))
  try {
    const bench = new EngineWork(engine)
    await bench.run({ sequences: 2, promptTokens: 64, newTokens: 16 })
    const wholes: WorkFigures[] = []
    for (const sequences of runs > 0 ? sequenceCounts : []) {
      wholes.push(await bench.medianOf(runs, { sequences, ...work }))
    }
    return { wholes, parts: parts ? await partsOf(bench) : [] }
  } finally {
    await engine.close()
  }
}

async function partsOf(bench: EngineWork): Promise<EngineFigures['parts']> {
  const prefill = await bench.medianOf(3, { sequences: 1, promptTokens: 256, newTokens: 1 })
  const parts = [{ name: 'prefill of 256 tokens', rate: 256_000 / prefill.ttftP50Ms }]
  for (const { sequences, promptTokens } of decodes) {
    const { decodeTokensPerSecond: rate } = await bench.run({ sequences, promptTokens, newTokens: 48 })
    parts.push({ name: `decode, batch ${sequences}, context ${promptTokens.toLocaleString('en')}`, rate })
  }
  return parts
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const figures = await measure(JSON.parse(process.argv[2]!))
  process.send!(figures, () => process.exit(0))
}
