import { afterAll, beforeAll, expect, it } from 'vitest'
import { type RunningService, startService } from './running-service.ts'
import { type ClientEvent, followStream, post } from './sse-client.ts'

// Eight slots at 50 steps a second, half a second a job: a crowd of 80 jobs takes more than five seconds.
const slots = 8
const crowdSize = 80

let service: RunningService
beforeAll(async () => {
  service = await startService({
    ...{ slots, stepsPerSecond: 50 },
    env: { API_KEYS: 'crowd:crowd-secret-1,guest:guest-secret-2', QUEUE_MAX_JOBS: '200' },
  })
})
afterAll(() => service.stop())

const body = { prompt: 'A story', max_tokens: 25, ignore_eos: true }

const stream = (key: string, maxTokens = body.max_tokens, signal?: AbortSignal) =>
  post(
    `${service.url}/generate/stream`,
    { ...body, max_tokens: maxTokens },
    { headers: { authorization: `Bearer ${key}` }, ...(signal && { signal }) },
  )

/** Median milliseconds from a request to its first token, of jobs that the guest sends one after the other. */
async function timeToFirstToken(): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < 8; i++) {
    const sentAt = performance.now()
    const response = await stream('guest-secret-2')
    const events: ClientEvent[] = []
    for await (const event of followStream(response, sentAt)) events.push(event)
    times.push(events.find(({ type }) => type === 'token')!.at)
  }
  return times.sort((left, right) => left - right)[Math.floor(times.length / 2)]!
}

it('under the flood of one key another waits at most twice as long for a first token as beside jobs of its own', async () => {
  const stop = new AbortController()
  await Promise.all(Array.from({ length: slots / 2 }, () => stream('guest-secret-2', 450, stop.signal)))
  const besideOwn = await timeToFirstToken()
  stop.abort()

  const leave = new AbortController()
  const crowd = Array.from({ length: crowdSize }, () => stream('crowd-secret-1', body.max_tokens, leave.signal))
  for (const { status } of await Promise.all(crowd)) expect(status).toBe(200)
  const besideCrowd = await timeToFirstToken()
  const waiting = ((await (await fetch(`${service.url}/health`)).json()) as { jobs_waiting: number }).jobs_waiting
  leave.abort()

  // The flood lasted longer than what was measured beside it.
  expect(waiting).toBeGreaterThan(0)
  const seen = `${besideCrowd.toFixed(1)} ms beside the crowd, ${besideOwn.toFixed(1)} ms beside its own`
  expect(besideCrowd / besideOwn, seen).toBeLessThan(2)
})
