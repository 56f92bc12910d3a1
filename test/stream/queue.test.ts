import { afterAll, beforeAll, expect, it } from 'vitest'
import { JobQueue } from '../../src/stream/queue.ts'
import { closeRedis, connectRedis, waitForRedis } from '../../src/stream/redis.ts'
import { startTestRedis, type TestRedis } from '../support/redis.ts'
import { keys } from './stack.ts'

let server: TestRedis
beforeAll(async () => {
  server = await startTestRedis()
})
afterAll(() => server.stop())

it('takes jobs again after Redis was too slow for its beginning', async () => {
  const redis = connectRedis(server.url, 'subscriber', () => {})
  await waitForRedis(redis, 10_000)
  const info = redis.info
  redis.info = () => Promise.reject(new Error('Command timed out'))
  const queue = new JobQueue(redis, keys, () => {})
  await expect(queue.add('job_a')).rejects.toThrow('timed out')
  redis.info = info
  await queue.add('job_a')
  expect(await queue.hasInLine()).toBe(true)
  await queue.close()
  await closeRedis(redis)
})
