import { scanEndpoint } from 'compatcanary'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { type RunningService, startService } from '../api/running-service.ts'

// It asks for no seed, and its tool takes any string: with most seeds the scripted model ends none before the context does.
vi.mock('node:crypto', async (original) => ({
  ...(await original<typeof import('node:crypto')>()),
  randomInt: () => 3,
}))

let service: RunningService
beforeAll(async () => {
  service = await startService({ slots: 4, maxContext: 2048 })
})
afterAll(() => service.stop())

it("compatcanary's chat profile finds nothing to complain of", async () => {
  const { results } = await scanEndpoint({ baseUrl: `${service.url}/v1`, model: 'scripted', profile: 'chat' })
  expect(results.map(({ name, status }) => `${status} ${name}`)).toEqual([
    'pass Model discovery',
    'pass Chat Completions',
    'pass Chat streaming',
    'pass Forced tool call',
    'pass Strict structured output',
  ])
})
