// The service over HTTP: what a client sees, from one stream to 64, beside llama-server where there is one.

import type { Server } from '../src/cli/load/http-stream.ts'
import { type LoadFigures, runLoad } from '../src/cli/load/load.ts'
import { benchArrivalOrder } from './arrival-order.ts'
import { chart } from './chart.ts'
import { benchLogAnalysis } from './log-analysis.ts'
import { benchLongPrompt } from './long-prompt.ts'
import { benchPrefix } from './prefix.ts'
import { type Report, ratio } from './report.ts'
import { startMeasuredService } from './running-service.ts'

const steps = [1, 8, 16, 64]
const work = { promptTokens: 200, newTokens: 64 }

export interface ServiceBench {
  /** Holds the built graphs. */
  dataDir: string
  /** llama-server's address, with the same weights at Q8_0. */
  llamaServer: string | undefined
  /** Of the picture. */
  caption: string
}

interface Row {
  ours: LoadFigures
  theirs: LoadFigures | undefined
}

/** @returns the picture of throughput and TTFT against concurrency, as SVG */
export async function benchService(report: Report, bench: ServiceBench): Promise<string> {
  const { dataDir, llamaServer } = bench
  const llama: Server | null = llamaServer
    ? { url: `${llamaServer.replace(/\/$/, '')}/v1/completions`, kind: 'openai' }
    : null
  const service = await startMeasuredService({ DATA_DIR: dataDir, QUEUE_MAX_JOBS: '1000' })
  let rows: Row[]
  try {
    rows = await benchConcurrency(service.server, llama)
    addConcurrency(report, rows)
    await benchArrivalOrder(report, service.server)
    await benchLongPrompt(report, service.server)
    await benchPrefix(report, service.server)
    await addEventLoopDelay(report, service.url)
  } finally {
    await service.stop()
  }
  await benchLogAnalysis(report, { dataDir, llama })
  return picture(rows, bench.caption)
}

async function benchConcurrency(ours: Server, theirs: Server | null): Promise<Row[]> {
  const warmUp = { ...work, concurrency: 2, requests: 2 }
  for (const server of [ours, theirs]) if (server) await runLoad(server, warmUp)
  const rows: Row[] = []
  for (const concurrency of steps) {
    const load = { ...work, concurrency, requests: Math.max(4, concurrency) }
    // One after the other, so that neither takes the other's cores.
    rows.push({ ours: await runLoad(ours, load), theirs: theirs ? await runLoad(theirs, load) : undefined })
  }
  return rows
}

function addConcurrency(report: Report, rows: Row[]): void {
  report.table(
    `Over HTTP, prompts of ${work.promptTokens} tokens, ${work.newTokens} new ones, beside llama-server with the same weights at Q8_0:`,
    [
      ...['streams', 'tok/s', 'to llama-server', 'TTFT p50 ms', 'to llama-server', 'TTFT p95 ms'],
      ...['largest gap ms', 'slowest / median decode'],
    ],
    rows.map(({ ours, theirs }) => [
      ours.concurrency,
      Math.round(ours.tokensPerSecond),
      ratio(ours.tokensPerSecond, theirs?.tokensPerSecond),
      Math.round(ours.ttftP50Ms),
      ratio(ours.ttftP50Ms, theirs?.ttftP50Ms),
      Math.round(ours.ttftP95Ms),
      Math.round(ours.largestGapP50Ms),
      ours.slowestToMedianDecode.toFixed(2),
    ]),
  )
  const at = (streams: number) => rows.find(({ ours }) => ours.concurrency === streams)!
  for (const [streams, leastRate, mostTtft] of [
    [1, 1, 0.6],
    [16, 1.6, 0.6],
  ] as const) {
    const { ours, theirs } = at(streams)
    if (!theirs) continue
    const to = `${streams === 1 ? '1 stream' : `${streams} streams`}, to llama-server`
    report.claim({
      what: `tok/s of ${to}`,
      value: ours.tokensPerSecond / theirs.tokensPerSecond,
      unit: 'x',
      limit: { atLeast: leastRate },
    })
    report.claim({
      what: `TTFT of ${to}`,
      value: ours.ttftP50Ms / theirs.ttftP50Ms,
      unit: 'x',
      limit: { atMost: mostTtft },
    })
  }
  const many = at(64).ours
  report.claim({
    what: 'tok/s of 64 streams, to that of 16',
    value: many.tokensPerSecond / at(16).ours.tokensPerSecond,
    unit: 'x',
    limit: { atLeast: 0.9 },
  })
  report.claim({
    what: 'slowest of 64 decodes, to the median one',
    value: many.slowestToMedianDecode,
    unit: 'x',
    limit: { atMost: 1.5 },
  })
}

/** How long the API's event loop was held up while the engine was saturated: the two share the cores. */
async function addEventLoopDelay(report: Report, url: string): Promise<void> {
  const metrics = await (await fetch(`${url}/metrics`)).text()
  const seconds = Number(/^nodejs_eventloop_lag_p99_seconds (\S+)/m.exec(metrics)?.[1])
  report.claim({
    what: "delay of the API's event loop meanwhile, p99",
    value: seconds * 1000,
    unit: 'ms',
    limit: { atMost: 50 },
  })
}

function picture(rows: Row[], caption: string): string {
  const series = [{ name: 'WorkflowAI (int8)', points: rows.map(({ ours }) => ours) }]
  const theirs = rows.flatMap((row) => (row.theirs ? [row.theirs] : []))
  if (theirs.length > 0) series.push({ name: 'llama-server (Q8_0)', points: theirs })
  return chart(series, `${work.promptTokens}-token prompts, ${work.newTokens} new tokens. ${caption}`)
}
