import { afterAll, expect, it, vi } from 'vitest'
import { RedisAbsence } from '../../src/stream/redis-absence.ts'
import { graceMs, keys, type Stack } from './stack.ts'
import { useStack } from './use-stack.ts'

let stack: Stack
let absence: RedisAbsence
useStack((opened) => {
  stack = opened
  absence = new RedisAbsence(stack.redis, keys, graceMs)
})
afterAll(() => absence.stop())

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
