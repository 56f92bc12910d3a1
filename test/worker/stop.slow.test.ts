// A worker is told to stop while Redis is away: it can hand nothing over, but it ends.

import { expect, it, vi } from 'vitest'
import { startWorker } from '../../src/worker/inference-worker.ts'
import { logger, scriptedEngine, startService } from '../api/running-service.ts'
import { post, watchStream } from '../api/sse-client.ts'
import { startTestRedis } from '../support/redis.ts'

it('an idle worker frees its engine and ends', async () => {
  const redis = await startTestRedis()
  const engine = scriptedEngine({})
  const close = vi.spyOn(engine, 'close')
  const worker = await startWorker({ redisUrl: redis.url, engine, disconnectGraceMs: 1000, logger })
  await redis.kill()
  await worker.stop()
  expect(close).toHaveBeenCalled()
  await redis.stop()
})

it('a busy worker ends too, and its job goes on elsewhere when Redis is back', async () => {
  const service = await startService({ slots: 4, stepsPerSecond: 100, redis: { durable: true } })
  const request = { prompt: 'A story', max_tokens: 450, ignore_eos: true, seed: 3 }
  const { events, ended } = watchStream(await post(`${service.url}/generate/stream`, request))
  await vi.waitFor(() => expect(events.length).toBeGreaterThan(20), 10_000)
  await service.redis.kill()
  await service.workers[0]!.stop()
  await service.redis.restart()
  await service.startWorker()
  await ended
  expect(events.filter(({ id }) => id !== null).map(({ id }) => id)).toEqual([...Array(452).keys()])
  await service.stop()
})
