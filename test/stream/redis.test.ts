// Connecting to a Redis that answers and won't have us.

import { afterEach, expect, test } from 'vitest'
import { connectRedis, type RedisClient, waitForRedis } from '../../src/stream/redis.ts'
import { startTestRedis, type TestRedis } from '../support/redis.ts'

let server: TestRedis
let redis: RedisClient | undefined
afterEach(async () => {
  redis?.disconnect()
  await server.stop()
})

test.each([
  ['without a password', ''],
  ['with a wrong one', ':wrong@'],
])('%s, a Redis that wants one is a wrong setting at once, not one that is away', async (_, access) => {
  server = await startTestRedis({ config: { requirepass: 'right' } })
  redis = connectRedis(`redis://${access}${server.host}:${server.port}`, 'background', () => {})
  await expect(waitForRedis(redis, 60_000)).rejects.toMatchObject({
    ...{ code: 'bad_setting', field: 'REDIS_URL' },
    message: expect.stringContaining(`${server.host}:${server.port} wants a password`),
  })
})
