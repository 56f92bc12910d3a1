// A short storm with the real model. Its tokens are compared between readers and with the result; that they are those of an
// undisturbed run is what test/inference/continuation.slow.test.ts shows.

import { afterAll, beforeAll, expect, it } from 'vitest'
import { FaultyService } from './faulty-service.ts'
import { faultSeed } from './random.ts'
import { storm } from './storm.ts'

const ttlMs = 60_000
const graceMs = 10_000
let service: FaultyService

beforeAll(async () => {
  service = await FaultyService.start({
    ...{ apis: 2, workers: 2, model: '' },
    env: {
      ...{ ENGINE_SLOTS: '4', ENGINE_THREADS: '1', LOG_LEVEL: 'info' },
      ...{ STREAM_TTL_MS: String(ttlMs), DISCONNECT_GRACE_MS: String(graceMs) },
    },
  })
})
afterAll(() => service?.stop())

it('streams of the real model survive the death of workers, engines, APIs and Redis', async () => {
  const seed = faultSeed(process.env)
  console.log(`FAULT_SEED=${seed}`)
  const verdict = await storm(service, {
    ...{ seed, streams: 6, kills: 4, everyMs: 2000, maxTokens: 80, scripted: false, ttlMs, graceMs, waitForTtl: false },
  })
  expect(verdict.violations, `FAULT_SEED=${seed}`).toEqual([])
  expect(verdict.streams).toBeGreaterThan(6)
})
