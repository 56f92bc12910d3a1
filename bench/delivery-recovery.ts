// How long a client's stream pauses when the worker behind it dies, or is told to stop: the largest gap between two tokens.

import { setTimeout as sleep } from 'node:timers/promises'
import { largestGapMs, readStream } from '../src/cli/load/http-stream.ts'
import { median } from '../src/cli/load/statistics.ts'
import { FaultyService } from '../test/faults/faulty-service.ts'
import type { Report } from './report.ts'

const streams = 4
const rounds = 3
/** Longer than what lies between two renewals of a lock: the rounds' faults come at other moments of it. */
const spreadMs = 2000
const engines = {
  scripted: {
    model: 'scripted:30',
    env: { MODEL_PRECISION: 'float32', ENGINE_SLOTS: String(streams) },
    maxTokens: 600,
    together: true,
  },
  real: { model: '', env: {}, maxTokens: 700, together: false },
}

interface Scene {
  name: string
  /** Killed and restarted workers come back at once, on the same cores; a stopped one does not. */
  how: 'kill' | 'restart' | 'stop'
  engine: keyof typeof engines
  /** What the second worker can take beside what it has. */
  second: 'idle' | 'full'
  limits: { medianMs: number; largestMs?: number } | null
}

const killed = { how: 'kill', limits: { medianMs: 6000, largestMs: 9000 } } as const
const told = { limits: { medianMs: 1000 } } as const
const scenes: Scene[] = [
  { name: 'kill -9, an idle second worker', ...killed, engine: 'scripted', second: 'idle' },
  { name: 'SIGTERM, an idle second worker', how: 'restart', ...told, engine: 'scripted', second: 'idle' },
  { name: 'kill -9, a full second worker', how: 'kill', engine: 'scripted', second: 'full', limits: null },
  { name: 'kill -9, the real model', ...killed, engine: 'real', second: 'idle' },
  { name: 'SIGTERM, the real model', how: 'stop', ...told, engine: 'real', second: 'idle' },
  {
    name: 'SIGTERM, the real model, started again beside it',
    how: 'restart',
    engine: 'real',
    second: 'idle',
    limits: null,
  },
]

export async function benchRecovery(report: Report): Promise<void> {
  const rows: (string | number)[][] = []
  for (const scene of scenes) {
    const pauses = (await playRounds(scene)).flat()
    const [half, most] = [median(pauses) / 1000, Math.max(...pauses) / 1000]
    rows.push([scene.name, half.toFixed(2), most.toFixed(2)])
    claim(report, scene, half * 1000, most * 1000)
  }
  const caption =
    `Pause that a client sees, s: ${streams} streams of a short prompt, ${rounds} rounds at other moments of the locks; the ` +
    `scripted engine with ${streams} slots at 30 tokens a second, the real model with default settings as fast as it goes.`
  report.table(caption, ['', 'median', 'largest'], rows)
}

/** Rounds of the scripted engine, which leaves the processor free, at the same time. */
async function playRounds(scene: Scene): Promise<number[][]> {
  const moments = Array.from({ length: rounds }, (_, round) => (spreadMs * round) / rounds)
  if (engines[scene.engine].together) return Promise.all(moments.map((afterMs) => play(scene, afterMs)))
  const pauses: number[][] = []
  for (const afterMs of moments) pauses.push(await play(scene, afterMs))
  return pauses
}

function claim(report: Report, { name, limits }: Scene, medianMs: number, largestMs: number): void {
  if (!limits) return
  report.claim({ what: `pause, median: ${name}`, value: medianMs, unit: 'ms', limit: { atMost: limits.medianMs } })
  if (limits.largestMs === undefined) return
  report.claim({ what: `pause, largest: ${name}`, value: largestMs, unit: 'ms', limit: { atMost: limits.largestMs } })
}

/** @returns the largest gap of each stream */
async function play({ how, engine, second }: Scene, afterMs: number): Promise<number[]> {
  const { model, env, maxTokens } = engines[engine]
  const service = await FaultyService.start({ apis: 1, workers: 1, model, env: { LOG_LEVEL: 'warn', ...env } })
  try {
    const server = { url: `${service.urls[0]}/generate/stream`, kind: 'native' as const }
    const start = () => readStream(server, { prompt: 'Once upon a time', maxTokens })
    const running = Array.from({ length: streams }, start)
    await sleep(1000)
    await service.addWorker()
    const others = second === 'full' ? Array.from({ length: streams }, start) : []
    await sleep(1000 + afterMs)
    const from = performance.now()
    if (how === 'stop') await service.workers[0]!.stop()
    else await service.inject({ what: how, at: { kind: 'worker', index: 0 }, forMs: 0 })
    const gaps = (await Promise.all(running)).map(({ tokenAt, ...times }) =>
      largestGapMs({ ...times, tokenAt: tokenAt.filter((at) => at > from - 200) }),
    )
    await Promise.all(others)
    return gaps
  } finally {
    await service.stop()
  }
}
