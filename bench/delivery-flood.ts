// Far more requests at once than the queue takes, from clients that come back when they were told to: does everything that is
// accepted finish, is everything else told when to come back, and how true is what the service says of the future:
// Retry-After of the refused, the ETA of those who wait?

import { median, quantile } from '../src/cli/load/statistics.ts'
import { FaultyService } from '../test/faults/faulty-service.ts'
import { type Accepted, request } from './flood-request.ts'
import type { Report } from './report.ts'

const requests = 5000
const limits = { jobs: 256, tokens: 20_000 }
const service = { slots: 64, stepsPerSecond: 80, newTokens: 20 }
/** One in twenty prompts is long: the sum of tokens is at its bound about when the jobs are at theirs. */
const long = { every: 20, words: 1200 }
/** Steps of the engine that all prompts take: one a step, at most 256 tokens of it. More than their answers take, 64 at once. */
const promptSteps = requests + (requests / long.every) * Math.floor(long.words / 256)

export async function benchFlood(report: Report): Promise<void> {
  const flooded = await FaultyService.start({
    ...{ apis: 1, workers: 1, model: `scripted:${service.stepsPerSecond}` },
    env: {
      ...{ LOG_LEVEL: 'warn', MODEL_PRECISION: 'float32', ENGINE_SLOTS: String(service.slots) },
      ...{ QUEUE_MAX_JOBS: String(limits.jobs), QUEUE_MAX_TOKENS: String(limits.tokens) },
    },
  })
  const url = `${flooded.urls[0]}/generate/stream`
  const order = (count: number, prompt: (index: number) => string) =>
    Promise.all(Array.from({ length: count }, (_, index) => request(url, prompt(index), service.newTokens)))
  try {
    // How long a job holds its slot is measured from the jobs before.
    await order(3 * service.slots, () => 'word')
    const startedAt = performance.now()
    const isLong = (index: number) => index % long.every === long.every - 1
    const outcomes = await order(requests, (index) => `${index} ${'word '.repeat(isLong(index) ? long.words : 20)}`)
    tell(
      report,
      outcomes.filter((outcome) => outcome.kind === 'accepted'),
      (performance.now() - startedAt) / 1000,
    )
  } finally {
    await flooded.stop()
  }
}

function tell(report: Report, accepted: Accepted[], seconds: number): void {
  const finished = accepted.filter(({ ended }) => ended)
  const refused = accepted.filter(({ refusals }) => refusals > 0)
  const truth = refused.map(({ retryAfterMs, untilAdmittedMs }) => retryAfterMs! / Math.max(1000, untilAdmittedMs))
  const waits = finished.filter(({ queuedMs }) => queuedMs > 500)
  const etaErrors = waits.map(({ etaMs, queuedMs }) => Math.abs(etaMs - queuedMs) / queuedMs)
  const quantiles = (values: number[], ...at: number[]) => at.map((p) => quantile(values, p))
  const caption =
    `A flood of ${requests} requests at once on ${service.slots} slots; none is let in beside ${limits.jobs} jobs or ` +
    `${limits.tokens} prompt tokens; who is refused comes back after its Retry-After.`
  const rows: (string | number)[][] = [
    ['admitted at once', accepted.length - refused.length],
    ['answered 429 first, then admitted', refused.length],
    [
      'their refusals: median, most',
      `${median(refused.map(({ refusals }) => refusals))}, ${Math.max(...refused.map(({ refusals }) => refusals))}`,
    ],
    ['neither', requests - accepted.length],
    ['finished', finished.length],
    [
      's until the last one had finished; the steps of the engine alone take',
      `${seconds.toFixed(0)}; ${(promptSteps / service.stepsPerSecond).toFixed(0)}`,
    ],
    [
      'first Retry-After to the time until admitted: p10, median, p90',
      quantiles(truth, 0.1, 0.5, 0.9)
        .map((value) => `${value.toFixed(2)}`)
        .join(', '),
    ],
    [
      'error of the first ETA, of those who waited: median, p90',
      quantiles(etaErrors, 0.5, 0.9)
        .map((value) => `${(value * 100).toFixed(0)} %`)
        .join(', '),
    ],
  ]
  report.table(caption, ['', ''], rows)
  report.claim({
    what: 'flood: not admitted in the end, or not finished',
    value: requests - finished.length,
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
