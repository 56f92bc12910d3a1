import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { RedisAbsence } from '../../src/stream/redis-absence.ts'
import { startTestRedis, type TestRedis } from '../support/redis.ts'
import { graceMs, keys, openStack, type Stack } from './stack.ts'

let server: TestRedis
let stack: Stack
let absence: RedisAbsence

beforeAll(async () => {
  server = await startTestRedis()
  stack = await openStack(server.url)
  absence = new RedisAbsence(stack.redis, keys, graceMs)
})
afterAll(async () => {
  absence.stop()
  await stack.close()
  await server.stop()
})

it('counts a Redis that refuses as one that was away: it lets nobody renew a lease either', async () => {
  await vi.waitFor(() => expect(absence.isRecent).toBe(false), { timeout: 5000 })
  const refused = stack.redis.call('HSET', keys.admitted)
  await expect(absence.heard(refused)).rejects.toThrow('ERR')
  expect(absence.isRecent).toBe(true)
})

it('believes Redis again a grace later', async () => {
  await expect(absence.heard(Promise.reject(new Error('MISCONF')))).rejects.toThrow()
  await vi.waitFor(() => expect(absence.isRecent).toBe(false), { timeout: 5000 })
})
