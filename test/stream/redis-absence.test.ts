import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { doubtMs, RedisAbsence } from '../../src/stream/redis-absence.ts'
import { graceMs, keys, type Stack } from './stack.ts'
import { pass, standClock } from './standing-clock.ts'
import { useStack } from './use-stack.ts'

let stack: Stack
let absence: RedisAbsence
useStack((opened) => {
  stack = opened
})
beforeEach(() => {
  standClock()
  absence = new RedisAbsence(stack.redis, keys, graceMs)
})
afterEach(() => {
  absence.stop()
  vi.useRealTimers()
})

it('counts a Redis that refuses as one that was away: it lets nobody renew a lease either', async () => {
  await pass(doubtMs(graceMs), stack.redis)
  expect(absence.isRecent).toBe(false)
  const refused = stack.redis.call('HSET', keys.admitted)
  await expect(absence.heard(refused)).rejects.toThrow('ERR')
  expect(absence.isRecent).toBe(true)
})

it('believes Redis again when readers have had a grace to come back, and no sooner', async () => {
  await pass(doubtMs(graceMs), stack.redis)
  await expect(absence.heard(Promise.reject(new Error('MISCONF')))).rejects.toThrow()
  await pass(doubtMs(graceMs) / 2, stack.redis)
  expect(absence.isRecent).toBe(true)
  await pass(doubtMs(graceMs) / 2, stack.redis)
  expect(absence.isRecent).toBe(false)
})
