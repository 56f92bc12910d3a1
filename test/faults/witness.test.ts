import { afterEach, expect, it } from 'vitest'
import { FaultyService } from './faulty-service.ts'
import { Random } from './random.ts'
import { Witness } from './witness.ts'

const graceMs = 1000
let service: FaultyService
afterEach(() => service?.stop())

it('a stream that no API served for the grace may be stopped, and is counted; one that was served may not', async () => {
  service = await FaultyService.start({
    ...{ apis: 1, workers: 1, model: 'scripted:20' },
    env: { MODEL_PRECISION: 'float32', ENGINE_SLOTS: '4', LOG_LEVEL: 'info', DISCONNECT_GRACE_MS: String(graceMs) },
  })
  const witness = (graceMs: number, via: 'stream' | 'job') =>
    new Witness(
      { prompt: 'A story', max_tokens: 200, seed: 1, via, ending: 'whole', readers: 1 },
      { urls: service.urls, random: new Random(1), reference: null, graceMs, giveUp: AbortSignal.timeout(30_000) },
    )
  // The second is told of a grace that was not over.
  const witnesses = [witness(graceMs, 'stream'), witness(60_000, 'stream'), witness(graceMs, 'job')]
  const ended = Promise.all(witnesses.map((one) => one.run()))
  await expect.poll(() => witnesses.every(({ events }) => events > 10), { timeout: 10_000 }).toBe(true)
  await service.inject({ what: 'pause', at: { kind: 'api', index: 0 }, forMs: 3000 })
  await ended
  const [unreached, ...others] = witnesses.map((one) => one.unreached)
  expect(unreached!.until - unreached!.from).toBeGreaterThanOrEqual(graceMs)
  expect(others).toEqual([null, null])
  expect(witnesses.map(({ violations }) => violations)).toEqual([
    [],
    [expect.stringMatching(/cancelled; allowed: length; .*unreached for \d+ ms/)],
    [],
  ])
})
