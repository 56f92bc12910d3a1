import { Redis } from 'ioredis'
import { afterEach, expect, test } from 'vitest'
import { startTestRedis, type TestRedis } from './redis.ts'

let redis: TestRedis | undefined
afterEach(async () => {
  await redis?.stop()
})

test('a durable Redis has its data after it was killed and restarted', async () => {
  redis = await startTestRedis({ durable: true })
  const client = new Redis(redis.url)
  client.on('error', () => {}) // The kill breaks the connection on purpose.
  await client.set('kept', 'yes')
  await redis.kill()
  await redis.restart()
  expect(await client.get('kept')).toBe('yes')
  client.disconnect()
})

test('a paused Redis keeps its connections open and answers after it goes on', async () => {
  redis = await startTestRedis()
  const client = new Redis(redis.url)
  await client.ping()
  await redis.pause()
  let answered = false
  const reply = client.ping().then(() => {
    answered = true
  })
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(answered).toBe(false)
  expect(client.status).toBe('ready')
  await redis.resume()
  await reply
  client.disconnect()
})
