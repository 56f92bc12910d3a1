// The engine in this process: prefill, decode, and the same work as other engines do, beside a stock graph of the same
// weights in the same runtime, and OpenVINO GenAI where a command prints its figures.

import type { Engine } from '../src/inference/engine.ts'
import { openEngine } from '../src/inference/open-engine.ts'
import { EngineWork, type WorkFigures } from './engine-work.ts'
import { openVinoFigures } from './openvino.ts'
import { type Report, ratio } from './report.ts'
import { openStockEngine } from './stock-engine.ts'

const sequenceCounts = [1, 16, 32]
const work = { promptTokens: 210, newTokens: 64 }
/** Batch sizes and their contexts. */
const decodes = [
  ...[1, 8, 16, 32].map((sequences) => ({ sequences, promptTokens: 128 })),
  ...[1, 16].map((sequences) => ({ sequences, promptTokens: 1024 })),
]

export interface EngineBench {
  dataDir: string
  threads: number
  openVinoCommand: string | undefined
}

export async function benchEngine(report: Report, { dataDir, threads, openVinoCommand }: EngineBench): Promise<void> {
  // The peers don't guess ahead either.
  const settings = {
    ...{ model: '', precision: 'int8' as const, slots: 32, threads, maxContext: 2048, dataDir },
    drafting: 'off' as const,
  }
  const peers = openVinoCommand ? openVinoFigures(openVinoCommand) : null
  const ours = await measure(await openEngine(settings), 3)
  // Several times slower, and only a baseline: once is enough.
  const stock = await measure(await openStockEngine(settings), 1)

  const rows = sequenceCounts.map((sequences, i) => {
    const [own, base, peer] = [ours.whole[i]!, stock.whole[i]!, peers?.get(sequences)]
    return [
      ...[sequences, Math.round(own.tokensPerSecond)],
      ...[ratio(own.tokensPerSecond, base.tokensPerSecond), ratio(own.tokensPerSecond, peer?.tokensPerSecond)],
      ...[Math.round(own.ttftP50Ms), ratio(own.ttftP50Ms, base.ttftP50Ms), ratio(own.ttftP50Ms, peer?.ttftP50Ms)],
    ]
  })
  report.table(
    `The engine alone, ${work.promptTokens} + ${work.newTokens} tokens a sequence, beside a stock ONNX export of the same weights in the same runtime, and beside OpenVINO GenAI (8-bit weights):`,
    ['sequences', 'tok/s', 'to stock', 'to OpenVINO', 'TTFT p50 ms', 'to stock', 'to OpenVINO'],
    rows,
  )
  report.table(
    'Its parts:',
    ['', 'tok/s', 'to stock'],
    ours.parts.map(({ name, rate }, i) => [name, Math.round(rate), ratio(rate, stock.parts[i]?.rate)]),
  )
  for (const [i, sequences] of sequenceCounts.entries()) {
    const [own, peer] = [ours.whole[i]!, peers?.get(sequences)]
    const of = `of ${sequences === 1 ? '1 sequence' : `${sequences} sequences`} in the engine, to OpenVINO GenAI`
    const [rate, ttft] = [peer?.tokensPerSecond ?? Number.NaN, peer?.ttftP50Ms ?? Number.NaN]
    report.claim({ what: `tok/s ${of}`, value: own.tokensPerSecond / rate, unit: 'x', limit: { atLeast: 1 } })
    report.claim({ what: `TTFT p50 ${of}`, value: own.ttftP50Ms / ttft, unit: 'x', limit: { atMost: 1 } })
  }
}

interface Measured {
  whole: WorkFigures[]
  parts: { name: string; rate: number }[]
}

/** The median of `runs`. */
async function measure(engine: Engine, runs: number): Promise<Measured> {
  const bench = new EngineWork(engine)
  try {
    await bench.run({ sequences: 2, promptTokens: 64, newTokens: 16 })
    const whole: WorkFigures[] = []
    for (const sequences of sequenceCounts) whole.push(await bench.medianOf(runs, { sequences, ...work }))
    const prefill = await bench.medianOf(3, { sequences: 1, promptTokens: 256, newTokens: 1 })
    const parts = [{ name: 'prefill of 256 tokens', rate: 256_000 / prefill.ttftP50Ms }]
    for (const { sequences, promptTokens } of decodes) {
      const { decodeTokensPerSecond: rate } = await bench.run({ sequences, promptTokens, newTokens: 48 })
      parts.push({ name: `decode, batch ${sequences}, context ${promptTokens.toLocaleString('en')}`, rate })
    }
    return { whole, parts }
  } finally {
    await engine.close()
  }
}
