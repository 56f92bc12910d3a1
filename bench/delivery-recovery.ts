// How long a client's stream pauses when the worker behind it dies, or is told to stop: the largest gap between two tokens.

import { setTimeout as sleep } from 'node:timers/promises'
import { largestGapMs, readStream } from '../src/cli/load/http-stream.ts'
import { median } from '../src/cli/load/statistics.ts'
import { FaultyService } from '../test/faults/faulty-service.ts'
import type { Report } from './report.ts'

const streams = 4
const rounds = 3

interface Scene {
  name: string
  how: 'kill' | 'restart'
  /** What the second worker can take beside what it has. */
  second: 'idle' | 'full'
  limits: { medianMs: number; largestMs?: number } | null
}

const scenes: Scene[] = [
  { name: 'kill -9, an idle second worker', how: 'kill', second: 'idle', limits: { medianMs: 6000, largestMs: 9000 } },
  { name: 'SIGTERM, an idle second worker', how: 'restart', second: 'idle', limits: { medianMs: 1000 } },
  { name: 'kill -9, a full second worker', how: 'kill', second: 'full', limits: null },
]

export async function benchRecovery(report: Report): Promise<void> {
  const rows: (string | number)[][] = []
  for (const scene of scenes) {
    const pauses = (await Promise.all(Array.from({ length: rounds }, () => play(scene)))).flat()
    const [half, most] = [median(pauses) / 1000, Math.max(...pauses) / 1000]
    rows.push([scene.name, half.toFixed(2), most.toFixed(2)])
    claim(report, scene, half * 1000, most * 1000)
  }
  const caption = `Pause that a client sees, s: ${streams} streams of a short prompt at 30 tokens a second, ${rounds} rounds, scripted engine, default settings.`
  report.table(caption, ['', 'median', 'largest'], rows)
}

function claim(report: Report, { name, limits }: Scene, medianMs: number, largestMs: number): void {
  if (!limits) return
  report.claim({ what: `pause, median: ${name}`, value: medianMs, unit: 'ms', limit: { atMost: limits.medianMs } })
  if (limits.largestMs === undefined) return
  report.claim({ what: `pause, largest: ${name}`, value: largestMs, unit: 'ms', limit: { atMost: limits.largestMs } })
}

/** @returns the largest gap of each stream */
async function play({ how, second }: Scene): Promise<number[]> {
  const service = await FaultyService.start({
    ...{ apis: 1, workers: 1, model: 'scripted:30' },
    env: { LOG_LEVEL: 'warn', MODEL_PRECISION: 'float32', ENGINE_SLOTS: String(streams) },
  })
  try {
    const server = { url: `${service.urls[0]}/generate/stream`, kind: 'native' as const }
    const start = () => readStream(server, { prompt: 'Once upon a time', maxTokens: 1200 })
    const running = Array.from({ length: streams }, start)
    await sleep(1000)
    await service.addWorker()
    const others = second === 'full' ? Array.from({ length: streams }, start) : []
    await sleep(1000)
    const from = performance.now()
    await service.inject({ what: how, at: { kind: 'worker', index: 0 }, forMs: 0 })
    const gaps = (await Promise.all(running)).map(({ tokenAt, ...times }) =>
      largestGapMs({ ...times, tokenAt: tokenAt.filter((at) => at > from - 200) }),
    )
    await Promise.all(others)
    return gaps
  } finally {
    await service.stop()
  }
}
