// A clock that stands while a test does not move it, for what judges Redis by how long its answers take: then a slow machine
// is no Redis that was away. Redis itself is real, and so is the order of its answers.

import { setImmediate as nextTurn } from 'node:timers/promises'
import { vi } from 'vitest'
import { renewalMs } from '../../src/stream/lease.ts'
import type { RedisClient } from '../../src/stream/redis.ts'
import { graceMs } from './stack.ts'

/** Before anything that is to go by it is made. `vi.useRealTimers()` ends it. */
export function standClock(): void {
  vi.useFakeTimers({ toFake: ['Date', 'performance', 'setInterval', 'clearInterval'] })
}

/** Time passes, in steps in which nothing can be late. `redis` answers in each of them; null: it does not. */
export async function pass(ms: number, redis: RedisClient | null): Promise<void> {
  // Timers that stand still count whole milliseconds.
  const stepMs = Math.floor(renewalMs(graceMs) / 4)
  for (let passedMs = 0; passedMs < ms; passedMs += stepMs) {
    vi.advanceTimersByTime(stepMs)
    if (redis) await redis.ping()
    await nextTurn()
  }
}

/** The machine sleeps: no timer runs, and only the clock on the wall goes on. */
export function sleepFor(ms: number): void {
  vi.setSystemTime(Date.now() + ms)
}
