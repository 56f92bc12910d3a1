// The service over HTTP: what a client sees, from one stream to 64, beside llama-server where LLAMA_SERVER names one.

import { writeFileSync } from 'node:fs'
import { chart } from './chart.ts'
import { type LoadFigures, type LoadTarget, runLoad } from './load.ts'
import { startMeasuredService } from './running-service.ts'
import { ratio, table } from './statistics.ts'

const steps = [1, 8, 16, 64]
const work = { promptTokens: 200, newTokens: 64 }

interface Row {
  ours: LoadFigures
  theirs: LoadFigures | undefined
}

/** @param dataDir holds the built graphs. Prints the tables, and draws the picture in `chartFile`. */
export async function benchService(dataDir: string, chartFile: URL, machine: string): Promise<void> {
  const service = await startMeasuredService({ DATA_DIR: dataDir, QUEUE_MAX_JOBS: '1000' })
  try {
    const ours: LoadTarget = { url: `${service.url}/generate/stream`, kind: 'native' }
    const peer = process.env.LLAMA_SERVER
    const theirs: LoadTarget | null = peer ? { url: `${peer.replace(/\/$/, '')}/v1/completions`, kind: 'openai' } : null
    await runLoad(ours, { ...work, concurrency: 2, requests: 2 })
    const rows: Row[] = []
    for (const concurrency of steps) {
      const load = { ...work, concurrency, requests: Math.max(4, concurrency) }
      // One after the other, so that neither takes the other's cores.
      rows.push({ ours: await runLoad(ours, load), theirs: theirs ? await runLoad(theirs, load) : undefined })
    }
    print(rows)
    await printEventLoopDelay(service.url)
    draw(rows, chartFile, machine)
  } finally {
    await service.stop()
  }
}

function print(rows: Row[]): void {
  const head = [
    'streams',
    'tok/s',
    'ratio',
    'TTFT p50 ms',
    'ratio',
    'TTFT p95 ms',
    'largest gap ms',
    'slowest / median decode',
  ]
  const line = ({ ours, theirs }: Row) => [
    ours.concurrency,
    Math.round(ours.tokensPerSecond),
    ratio(ours.tokensPerSecond, theirs?.tokensPerSecond),
    Math.round(ours.ttftP50Ms),
    ratio(ours.ttftP50Ms, theirs?.ttftP50Ms),
    Math.round(ours.ttftP95Ms),
    Math.round(ours.largestGapP50Ms),
    (ours.decodeMaxMs / ours.decodeP50Ms).toFixed(2),
  ]
  process.stdout.write(
    `\nService over HTTP, prompts of 200 tokens, 64 new ones; ratios to llama-server\n${table(head, rows.map(line))}\n`,
  )
}

/** How long the API's event loop was held up while the engine was saturated: the two share the cores. */
async function printEventLoopDelay(url: string): Promise<void> {
  const metrics = await (await fetch(`${url}/metrics`)).text()
  const seconds = /^nodejs_eventloop_lag_p99_seconds (\S+)/m.exec(metrics)?.[1]
  process.stdout.write(`event loop delay of the API, p99: ${(Number(seconds) * 1000).toFixed(1)} ms\n`)
}

function draw(rows: Row[], file: URL, machine: string): void {
  const series = [{ name: 'WorkflowAI (int8)', points: rows.map(({ ours }) => ours) }]
  const theirs = rows.flatMap((row) => (row.theirs ? [row.theirs] : []))
  if (theirs.length > 0) series.push({ name: 'llama-server', points: theirs })
  writeFileSync(file, chart(series, `200-token prompts, 64 new tokens, one run on ${machine}`))
}
