// The engine alone: prefill, decode, and the same work as other engines do, beside a stock graph of the same weights in the
// same runtime, and OpenVINO GenAI where a command prints its figures.

import { median } from '../src/cli/load/statistics.ts'
import { engineFigures, sequenceCounts, work } from './engine-figures.ts'
import type { WorkFigures } from './engine-work.ts'
import { openVinoFigures, type PeerFigures } from './openvino.ts'
import { type Report, ratio } from './report.ts'

/** Turns that OpenVINO and this engine take. */
const peerRounds = 3

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
    rounds.push({ peer, own: (await engineFigures({ engine: 'own', settings, runs: 3, parts: false })).wholes })
  }
  const { parts: ownParts } = await engineFigures({ engine: 'own', settings, runs: 0, parts: true })
  // Several times slower, and only a baseline: once is enough.
  const stock = await engineFigures({ engine: 'stock', settings, runs: 1, parts: true })

  const whole = sequenceCounts.map((sequences, i) => ({
    ...{ sequences, stock: stock.wholes[i]! },
    tokensPerSecond: median(rounds.map(({ own }) => own[i]!.tokensPerSecond)),
    ttftP50Ms: median(rounds.map(({ own }) => own[i]!.ttftP50Ms)),
    /** The median of the rounds' ratios; NaN without a peer, or where it has no such figure. */
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
  for (const { sequences, toPeer } of openVinoCommand ? whole : []) {
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
