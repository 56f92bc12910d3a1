// Far more requests at once than the queue takes: is everything accepted finished, everything else told when to come back, and
// how true is what the service says of the future: Retry-After of the refused, the ETA of those who wait?

import { setTimeout as sleep } from 'node:timers/promises'
import { median, quantile } from '../src/cli/load/statistics.ts'
import { FaultyService } from '../test/faults/faulty-service.ts'
import { openStack } from '../test/stream/stack.ts'
import { acceptedOf, type Outcome, request } from './flood-request.ts'
import type { Report } from './report.ts'

const requests = 5000
const limits = { jobs: 256, tokens: 20_000 }
const service = { slots: 32, stepsPerSecond: 20, newTokens: 40 }

interface Depth {
  at: number
  jobs: number
  tokens: number
}

export async function benchFlood(report: Report): Promise<void> {
  const flooded = await FaultyService.start({
    ...{ apis: 1, workers: 1, model: `scripted:${service.stepsPerSecond}` },
    env: {
      ...{ LOG_LEVEL: 'warn', MODEL_PRECISION: 'float32', ENGINE_SLOTS: String(service.slots) },
      ...{ QUEUE_MAX_JOBS: String(limits.jobs), QUEUE_MAX_TOKENS: String(limits.tokens) },
    },
  })
  const url = `${flooded.urls[0]}/generate/stream`
  try {
    // How long a job holds its slot is measured from the jobs before.
    await Promise.all(Array.from({ length: 3 * service.slots }, () => request(url, prompt(0), service.newTokens)))
    const depths: Depth[] = []
    const watching = watch(flooded.redis.url, depths)
    const outcomes = await Promise.all(
      Array.from({ length: requests }, (_, index) => request(url, prompt(index), service.newTokens)),
    )
    await watching()
    tell(report, outcomes, depths)
  } finally {
    await flooded.stop()
  }
}

/** One in five is long: it may hit the bound on prompt tokens while there is room for jobs. */
const prompt = (index: number) => `${index} ${'word '.repeat(index % 5 === 4 ? 1200 : 20)}`

/** Notes how much is admitted, as often as it can, until it is stopped. */
function watch(redisUrl: string, depths: Depth[]): () => Promise<void> {
  let stopped = false
  const watching = (async () => {
    const stack = await openStack(redisUrl)
    while (!stopped) {
      const { admitted, promptTokens } = await stack.index.depth()
      depths.push({ at: performance.now(), jobs: admitted, tokens: promptTokens })
      await sleep(20)
    }
    await stack.close()
  })()
  return () => {
    stopped = true
    return watching
  }
}

function tell(report: Report, outcomes: Outcome[], depths: Depth[]): void {
  const accepted = acceptedOf(outcomes)
  const finished = accepted.filter(({ ended }) => ended)
  const refused = outcomes.filter((outcome) => outcome.kind === 'refused')
  const others = outcomes.length - accepted.length - refused.length
  const tokensOf = (index: number) => (index % 5 === 4 ? 1200 : 20)
  const truth = outcomes.flatMap((outcome, index) => {
    if (outcome.kind !== 'refused') return []
    const admittedAt = depths.find(
      ({ at, jobs, tokens }) => at >= outcome.at && jobs < limits.jobs && tokens + tokensOf(index) <= limits.tokens,
    )
    return admittedAt ? [outcome.retryAfterSeconds / Math.max(1, (admittedAt.at - outcome.at) / 1000)] : []
  })
  const waits = finished.filter(({ queuedMs }) => queuedMs > 500)
  const etaErrors = waits.map(({ etaMs, queuedMs }) => Math.abs(etaMs - queuedMs) / queuedMs)
  const caption = `A flood of ${requests} requests at once on ${service.slots} slots; at most ${limits.jobs} jobs and ${limits.tokens} prompt tokens.`
  report.table(
    caption,
    ['', ''],
    [
      ['accepted', accepted.length],
      ['of them finished', finished.length],
      ['answered 429 with Retry-After', refused.length],
      ['anything else', others],
      [
        'Retry-After to the time until there was room: p10, median, p90',
        [0.1, 0.5, 0.9].map((p) => quantile(truth, p).toFixed(2)).join(', '),
      ],
      [
        'error of the first ETA, of those who waited: median, p90',
        [0.5, 0.9].map((p) => `${(quantile(etaErrors, p) * 100).toFixed(0)} %`).join(', '),
      ],
    ],
  )
  report.claim({
    what: 'flood: accepted and not finished, or neither accepted nor 429',
    value: accepted.length - finished.length + others,
    unit: '',
    limit: { atMost: 0 },
  })
  const value = median(truth)
  report.claim({
    what: 'flood: Retry-After to the truth, median',
    value,
    unit: 'x',
    limit: value < 1 ? { atLeast: 0.5 } : { atMost: 2 },
  })
}
