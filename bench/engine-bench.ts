// The engine in this process: prefill, decode, and the same work as other engines do, beside a stock graph of the same
// weights in the same runtime, and OpenVINO GenAI where a command prints its figures.

import { median } from '../src/cli/load/statistics.ts'
import type { Engine } from '../src/inference/engine.ts'
import { openEngine } from '../src/inference/open-engine.ts'
import { EngineWork, type WorkFigures } from './engine-work.ts'
import { openVinoFigures, type PeerFigures } from './openvino.ts'
import { type Report, ratio } from './report.ts'
import { openStockEngine } from './stock-engine.ts'

const sequenceCounts = [1, 16, 32]
const work = { promptTokens: 210, newTokens: 64 }
/** Turns that OpenVINO and this engine take. */
const peerRounds = 3
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
  const rounds: Round[] = []
  for (let round = 0; round < (openVinoCommand ? peerRounds : 1); round++) {
    const peer = openVinoCommand ? openVinoFigures(openVinoCommand) : null
    // Both begin anew each time.
    rounds.push({ peer, own: await withWork(await openEngine(settings), (bench) => wholes(bench, 3)) })
  }
  const ownParts = await withWork(await openEngine(settings), partsOf)
  // Several times slower, and only a baseline: once is enough.
  const stock = await withWork(await openStockEngine(settings), async (bench) => ({
    whole: await wholes(bench, 1),
    parts: await partsOf(bench),
  }))

  const whole = sequenceCounts.map((sequences, i) => ({
    ...{ sequences, stock: stock.whole[i]! },
    tokensPerSecond: median(rounds.map(({ own }) => own[i]!.tokensPerSecond)),
    ttftP50Ms: median(rounds.map(({ own }) => own[i]!.ttftP50Ms)),
    /** The median of the rounds' ratios; NaN without a peer. */
    toPeer: (key: keyof PeerFigures) =>
      median(rounds.map(({ own, peer }) => own[i]![key] / (peer?.get(sequences)?.[key] ?? Number.NaN))),
  }))
  report.table(
    `The engine alone, ${work.promptTokens} + ${work.newTokens} tokens a sequence, beside a stock ONNX export of the same weights in the same runtime, and in turns with OpenVINO GenAI (8-bit weights):`,
    ['sequences', 'tok/s', 'to stock', 'to OpenVINO', 'TTFT p50 ms', 'to stock', 'to OpenVINO'],
    whole.map(({ sequences, stock, toPeer, ...own }) => [
      ...[sequences, Math.round(own.tokensPerSecond)],
      ...[ratio(own.tokensPerSecond, stock.tokensPerSecond), ratio(toPeer('tokensPerSecond'), 1)],
      ...[Math.round(own.ttftP50Ms), ratio(own.ttftP50Ms, stock.ttftP50Ms), ratio(toPeer('ttftP50Ms'), 1)],
    ]),
  )
  report.table(
    'Its parts:',
    ['', 'tok/s', 'to stock'],
    ownParts.map(({ name, rate }, i) => [name, Math.round(rate), ratio(rate, stock.parts[i]?.rate)]),
  )
  for (const { sequences, toPeer } of whole) {
    const of = `of ${sequences === 1 ? '1 sequence' : `${sequences} sequences`} in the engine, to OpenVINO GenAI`
    report.claim({ what: `tok/s ${of}`, value: toPeer('tokensPerSecond'), unit: 'x', limit: { atLeast: 1 } })
    report.claim({ what: `TTFT p50 ${of}`, value: toPeer('ttftP50Ms'), unit: 'x', limit: { atMost: 1 } })
  }
}

/** One turn of each: a machine's speed drifts by more than the two differ. */
interface Round {
  peer: ReturnType<typeof openVinoFigures> | null
  own: WorkFigures[]
}

async function withWork<T>(engine: Engine, measure: (bench: EngineWork) => Promise<T>): Promise<T> {
  try {
    const bench = new EngineWork(engine)
    await bench.run({ sequences: 2, promptTokens: 64, newTokens: 16 })
    return await measure(bench)
  } finally {
    await engine.close()
  }
}

/** For each of the counts the median of `runs`. */
async function wholes(bench: EngineWork, runs: number): Promise<WorkFigures[]> {
  const figures: WorkFigures[] = []
  for (const sequences of sequenceCounts) figures.push(await bench.medianOf(runs, { sequences, ...work }))
  return figures
}

async function partsOf(bench: EngineWork): Promise<{ name: string; rate: number }[]> {
  const prefill = await bench.medianOf(3, { sequences: 1, promptTokens: 256, newTokens: 1 })
  const parts = [{ name: 'prefill of 256 tokens', rate: 256_000 / prefill.ttftP50Ms }]
  for (const { sequences, promptTokens } of decodes) {
    const { decodeTokensPerSecond: rate } = await bench.run({ sequences, promptTokens, newTokens: 48 })
    parts.push({ name: `decode, batch ${sequences}, context ${promptTokens.toLocaleString('en')}`, rate })
  }
  return parts
}
