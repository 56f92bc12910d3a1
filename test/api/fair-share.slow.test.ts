import { afterAll, beforeAll, expect, it } from 'vitest'
import { type RunningService, startService } from './running-service.ts'
import { type ClientEvent, post, watchStream } from './sse-client.ts'

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

const stream = (key: string, maxTokens: number) =>
  post(
    `${service.url}/generate/stream`,
    { prompt: 'A story', max_tokens: maxTokens, ignore_eos: true },
    { headers: { authorization: `Bearer ${key}` } },
  )
const hasBegun = (events: ClientEvent[]) => events.some(({ type }) => type === 'token')

it('of the flood of one key no more than a job or two begin before the job of another', async () => {
  const responses = await Promise.all(Array.from({ length: crowdSize }, () => stream('crowd-secret-1', 25)))
  const crowd = responses.map((response) => watchStream(response))
  const begun = () => crowd.filter(({ events }) => hasBegun(events)).length
  const overtakenBy: number[] = []
  for (let i = 0; i < 8; i++) {
    const before = begun()
    const guest = watchStream(await stream('guest-secret-2', 5))
    await expect.poll(() => hasBegun(guest.events), { interval: 2, timeout: 20_000 }).toBe(true)
    overtakenBy.push(begun() - before)
    await guest.ended
  }
  // The flood lasted longer than what was counted beside it.
  expect(begun()).toBeLessThan(crowdSize)
  expect(overtakenBy.sort((left, right) => left - right)[4], overtakenBy.join(' ')).toBeLessThanOrEqual(2)
  await Promise.all(crowd.map(({ ended }) => ended))
})
