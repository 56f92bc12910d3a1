// Fair share between keys: how long one waits for its first token beside the flood of another, and beside as much of its own.

import { setTimeout as sleep } from 'node:timers/promises'
import { readStream, type Server, ttftMs } from '../src/cli/load/http-stream.ts'
import { median, quantile } from '../src/cli/load/statistics.ts'
import { FaultyService } from '../test/faults/faulty-service.ts'
import { type Report, ratio } from './report.ts'

const slots = 8
const stepsPerSecond = 50
/** Jobs that are sent at once, many times what the slots can run: some seconds of work. */
const flood = 80
/** Of its own jobs that run beside it, where nobody floods: fewer than one key may hold, so that no line is measured. */
const ownJobs = slots / 2
const work = { maxTokens: 25 }
const asked = 8
const ownFloods = 3
const keys = { crowd: 'crowd-secret-1', guest: 'guest-secret-2' }

export async function benchFairShare(report: Report): Promise<void> {
  const service = await FaultyService.start({
    ...{ apis: 1, workers: 1, model: `scripted:${stepsPerSecond}`, key: keys.guest },
    env: {
      ...{
        MODEL_PRECISION: 'float32',
        LOG_LEVEL: 'warn',
        ENGINE_SLOTS: String(slots),
        QUEUE_MAX_JOBS: '400',
        ENGINE_DRAFTING: 'off',
      },
      API_KEYS: Object.entries(keys)
        .map(([name, key]) => `${name}:${key}`)
        .join(),
    },
  })
  const server = (key: string): Server => ({ url: `${service.urls[0]}/generate/stream`, kind: 'native', key })
  try {
    await readStream(server(keys.guest), { prompt: 'Hello', ...work })
    /** How long the guest waits while so many jobs of a key, so long each, are there. */
    const beside = async (key: string, jobs: number, maxTokens: number, questions: number) => {
      const there = Array.from({ length: jobs }, (_, i) =>
        readStream(server(key), { prompt: `Job ${i}`, maxTokens }).then(() => performance.now()),
      )
      // Until all are in line.
      await sleep(300)
      const times: number[] = []
      for (let i = 0; i < questions; i++)
        times.push(ttftMs(await readStream(server(keys.guest), { prompt: `Question ${i}`, ...work })))
      const askedUntil = performance.now()
      if (Math.max(...(await Promise.all(there))) < askedUntil && questions > 1)
        throw new Error('the load ended too early')
      return times
    }
    const besideJobs = await beside(keys.guest, ownJobs, 500, asked)
    const besideOther = await beside(keys.crowd, flood, work.maxTokens, asked / 2)
    besideOther.push(...(await beside(keys.crowd, flood, work.maxTokens, asked / 2)))
    const behindOwn: number[] = []
    for (let i = 0; i < ownFloods; i++) behindOwn.push(...(await beside(keys.guest, flood, work.maxTokens, 1)))
    tell(report, { besideJobs, besideOther, behindOwn })
  } finally {
    await service.stop()
  }
}

function tell(report: Report, waits: Record<'besideJobs' | 'besideOther' | 'behindOwn', number[]>): void {
  const other = median(waits.besideOther)
  report.table(
    `TTFT of one key on ${slots} slots, ms; a flood is ${flood} jobs at once:`,
    ['', 'p50', 'p95', "of it, beside another key's flood"],
    (
      [
        ["beside another key's flood", waits.besideOther],
        [`beside ${ownJobs} jobs of its own`, waits.besideJobs],
        ['behind a flood of its own', waits.behindOwn],
      ] as const
    ).map(([name, times]) => [
      name,
      median(times).toFixed(0),
      quantile(times, 0.95).toFixed(0),
      ratio(other, median(times)),
    ]),
  )
  report.claim({
    what: `TTFT beside another key's flood, to that beside ${ownJobs} jobs of its own`,
    value: other / median(waits.besideJobs),
    unit: 'x',
    limit: { atMost: 2 },
  })
  report.claim({
    what: "TTFT beside another key's flood, to that behind the same flood of its own",
    value: other / median(waits.behindOwn),
    unit: 'x',
    limit: { atMost: 1 },
  })
}
