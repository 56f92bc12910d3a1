// What a thousand wrong keys a second cost those who have a right one: their requests and streams beside the flood, without
// it, and beside the same flood at a bare server next door, which takes as much of the machine and nothing of the service.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { readStream, ttftMs } from '../src/cli/load/http-stream.ts'
import { median, quantile } from '../src/cli/load/statistics.ts'
import { FaultyService } from '../test/faults/faulty-service.ts'
import { type Report, ratio } from './report.ts'

const perSecond = 1000
/** The three in turn. */
const rounds = 6
const asked = 25
const key = 'right-secret-1'

interface Round {
  requestMs: number[]
  ttftMs: number[]
}

type Seen = Record<'without' | 'nextDoor' | 'beside', Round[]>

export async function benchWrongKeys(report: Report): Promise<void> {
  const service = await FaultyService.start({
    ...{ apis: 1, workers: 1, model: 'scripted:100', key },
    env: { MODEL_PRECISION: 'float32', LOG_LEVEL: 'warn', API_KEYS: `right:${key}` },
  })
  const url = service.urls[0]!
  const bare = start('./edge-bare-refusals.ts')
  try {
    await ask(url)
    const [port] = (await once(bare, 'message')) as [number]
    const seen: Seen = { without: [], nextDoor: [], beside: [] }
    const answers = new Map<number, number>()
    for (let round = 0; round < rounds; round++) {
      seen.without.push(await ask(url))
      const nextDoor = startFlood(`http://127.0.0.1:${port}`)
      seen.nextDoor.push(await ask(url))
      await stopFlood(nextDoor)
      const flood = startFlood(url)
      seen.beside.push(await ask(url))
      for (const [status, count] of await stopFlood(flood)) answers.set(status, (answers.get(status) ?? 0) + count)
    }
    tell(report, seen, answers)
  } finally {
    bare.kill()
    await service.stop()
  }
}

/** One request and one stream after the other. */
async function ask(url: string): Promise<Round> {
  const round: Round = { requestMs: [], ttftMs: [] }
  for (let i = 0; i < asked; i++) {
    const sentAt = performance.now()
    await (await fetch(`${url}/jobs/job_none`, { headers: { authorization: `Bearer ${key}` } })).text()
    round.requestMs.push(performance.now() - sentAt)
    const server = { url: `${url}/generate/stream`, kind: 'native', key } as const
    round.ttftMs.push(ttftMs(await readStream(server, { prompt: `Hello ${i}`, maxTokens: 3 })))
  }
  return round
}

function start(entry: string): ChildProcess {
  const file = fileURLToPath(new URL(entry, import.meta.url))
  return fork(file, [], { execArgv: ['--import', import.meta.resolve('tsx')], serialization: 'advanced' })
}

function startFlood(url: string): ChildProcess {
  const child = start('./edge-wrong-key-client.ts')
  child.send({ url, perSecond })
  return child
}

async function stopFlood(child: ChildProcess): Promise<[number, number][]> {
  const told = once(child, 'message')
  child.send('stop')
  const [answers] = (await told) as [[number, number][]]
  child.kill()
  return answers
}

function tell(report: Report, seen: Seen, answers: Map<number, number>): void {
  const rows = [
    ['a request, p50 ms', 'requestMs', 0.5],
    ['a request, p95 ms', 'requestMs', 0.95],
    ['TTFT, p50 ms', 'ttftMs', 0.5],
    ['TTFT, p95 ms', 'ttftMs', 0.95],
  ] as const
  const of = (when: keyof Seen, what: keyof Round, p: number) =>
    quantile(
      seen[when].flatMap((round) => round[what]),
      p,
    )
  const sum = [...answers.values()].reduce((total, count) => total + count, 0)
  const refused = (answers.get(401) ?? 0) + (answers.get(429) ?? 0)
  report.table(
    `With a right key beside ${perSecond} wrong ones a second (${sum.toLocaleString('en')} in all), all on this machine:`,
    ['', 'no flood', 'the flood at a bare server next door', 'the flood at the service', 'to next door'],
    rows.map(([name, what, p]) => {
      const [quiet, nextDoor, flooded] = [of('without', what, p), of('nextDoor', what, p), of('beside', what, p)]
      return [name, quiet.toFixed(1), nextDoor.toFixed(1), flooded.toFixed(1), ratio(flooded, nextDoor)]
    }),
  )
  report.claim({
    what: 'wrong keys answered with anything but 401 or 429',
    // A flood that got no answer has shown nothing.
    value: sum === 0 ? Number.NaN : sum - refused,
    unit: '',
    limit: { atMost: 0 },
  })
  const ratios = seen.beside.map(({ ttftMs }, round) => median(ttftMs) / median(seen.nextDoor[round]!.ttftMs))
  report.claim({
    what: `TTFT beside ${perSecond} wrong keys a second, to that beside as many requests at a bare server next door`,
    value: median(ratios),
    unit: 'x',
    limit: { atMost: 2 },
  })
}
