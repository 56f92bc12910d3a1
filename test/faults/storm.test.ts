// Random faults over many streams. The long form is `npm run soak`; FAULT_SEED repeats a run's faults.

import { afterAll, beforeAll, expect, it } from 'vitest'
import { FaultyService } from './faulty-service.ts'
import { faultSeed } from './random.ts'
import { storm } from './storm.ts'

const ttlMs = 30_000
const graceMs = 6000
let service: FaultyService

beforeAll(async () => {
  service = await FaultyService.start({
    ...{ apis: 2, workers: 2 },
    env: {
      ...{ MODEL_PRECISION: 'float32', ENGINE_SLOTS: '16', LOG_LEVEL: 'info', QUEUE_MAX_JOBS: '1000' },
      // Fewer than the streams come to: some are put back to wait, and computed again.
      ENGINE_KV_TOKENS: '1000',
      ...{ STREAM_TTL_MS: String(ttlMs), DISCONNECT_GRACE_MS: String(graceMs) },
    },
    model: 'scripted:30',
  })
})
afterAll(async () => {
  await service?.stop()
})

it('nothing is lost, repeated or contradicted while processes are killed, paused and cut off', async () => {
  const seed = faultSeed(process.env)
  console.log(`FAULT_SEED=${seed}`)
  const verdict = await storm(service, {
    seed,
    streams: 20,
    kills: 10,
    everyMs: 1000,
    maxTokens: 120,
    scripted: true,
    ttlMs,
    graceMs,
    waitForTtl: false,
  })
  expect(verdict.violations, `FAULT_SEED=${seed}`).toEqual([])
  // More than one of each client, beside those that were stopped because faults kept their readers away.
  expect(verdict.streams - verdict.unreached).toBeGreaterThan(20)
  await service.stop()
  expect(service.processes()).toEqual([])
})
