// The engine in this process: prefill, decode, and the same work as other engines do, beside a stock graph of the same
// weights in the same runtime, and OpenVINO GenAI where OPENVINO_BENCH names a command that prints its figures.

import type { Engine } from '../src/inference/engine.ts'
import { openEngine } from '../src/inference/open-engine.ts'
import { EngineWork, type Work, type WorkFigures } from './engine-work.ts'
import { openVinoFigures } from './openvino.ts'
import { ratio, table } from './statistics.ts'
import { openStockEngine } from './stock-engine.ts'

const runs = 3
const sequenceCounts = [1, 16, 32]
const decodeBatches = [1, 8, 16, 32]

export async function benchEngine(dataDir: string, threads: number): Promise<void> {
  const settings = { model: '', precision: 'int8' as const, slots: 32, threads, maxContext: 2048, dataDir }
  const peers = process.env.OPENVINO_BENCH ? openVinoFigures(process.env.OPENVINO_BENCH) : null
  const ours = await measure(await openEngine(settings))
  const stock = await measure(await openStockEngine(settings))

  const rate = (figures: WorkFigures) => Math.round(figures.tokensPerSecond)
  process.stdout.write(`\nEngine in process: N sequences of 210 + 64 tokens, greedy, median of ${runs}\n`)
  const rows = sequenceCounts.map((sequences, i) => {
    const [own, base, peer] = [ours.whole[i]!, stock.whole[i]!, peers?.get(sequences)]
    return [
      ...[
        sequences,
        rate(own),
        ratio(own.tokensPerSecond, base.tokensPerSecond),
        ratio(own.tokensPerSecond, peer?.tokensPerSecond),
      ],
      ...[Math.round(own.ttftP50Ms), ratio(own.ttftP50Ms, base.ttftP50Ms), ratio(own.ttftP50Ms, peer?.ttftP50Ms)],
    ]
  })
  const head = ['sequences', 'tok/s', 'to stock', 'to OpenVINO', 'TTFT p50 ms', 'to stock', 'to OpenVINO']
  process.stdout.write(`${table(head, rows)}\n`)

  process.stdout.write('\nPrefill of 256 tokens and decode, tokens a second; ratios to the stock graph\n')
  const parts = ours.parts.map(({ name, rate: own }, i) => [name, Math.round(own), ratio(own, stock.parts[i]?.rate)])
  process.stdout.write(`${table(['', 'tok/s', 'to stock'], parts)}\n`)
}

interface Measured {
  whole: WorkFigures[]
  parts: { name: string; rate: number }[]
}

async function measure(engine: Engine): Promise<Measured> {
  const work = new EngineWork(engine)
  try {
    await work.run({ sequences: 2, promptTokens: 64, newTokens: 16 })
    const whole: WorkFigures[] = []
    for (const sequences of sequenceCounts)
      whole.push(await work.medianOf(runs, { sequences, promptTokens: 210, newTokens: 64 }))
    const prefill = await work.medianOf(runs, { sequences: 1, promptTokens: 256, newTokens: 1 })
    const parts = [{ name: 'prefill 256', rate: 256_000 / prefill.ttftP50Ms }]
    for (const context of [128, 1024]) {
      for (const sequences of decodeBatches) {
        const decode: Work = { sequences, promptTokens: context, newTokens: 48 }
        const { decodeTokensPerSecond: rate } = await work.medianOf(1, decode)
        parts.push({ name: `decode, batch ${sequences}, context ${context}`, rate })
      }
    }
    return { whole, parts }
  } finally {
    await engine.close()
  }
}
