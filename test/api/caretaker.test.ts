import { expect, it, vi } from 'vitest'
import { Caretaker } from '../../src/api/caretaker.ts'
import { Readers } from '../../src/api/readers.ts'
import { renewalMs } from '../../src/stream/lease.ts'
import { keys, type Stack, worker } from '../stream/stack.ts'
import { useStack } from '../stream/use-stack.ts'

let stack: Stack
useStack((opened) => {
  stack = opened
})

it('leaves the whole grace to a job whose last reader leaves right before a renewal', async () => {
  const graceMs = 60_000
  const id = await stack.job({ onDisconnect: 'cancel', graceMs })
  const granted = await stack.redis.pttl(keys.lease(id))
  const readers = new Readers()
  readers.attach(id, { waiting: false, onPosition: () => {}, leave: () => {} })
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  let passedMs = 0
  const renewals: { atMs: number; done: Promise<void> }[] = []
  const store = {
    end: async () => 'missing' as const,
    renewLeases: (ids: string[]) => {
      const done = stack.store.renewLeases(ids)
      renewals.push({ atMs: passedMs, done })
      return done
    },
  }
  const quiet = { index: { overdue: async () => [] }, queue: { remove: async () => {} } }
  const caretaker = new Caretaker({ store, ...quiet, readers, graceMs }, (error) => {
    throw error
  })
  try {
    while (renewals.length < 2 && passedMs < 2 * graceMs) {
      passedMs += 1000
      vi.advanceTimersByTime(1000)
    }
  } finally {
    caretaker.stop()
    vi.useRealTimers()
  }
  const [first, second] = renewals
  await second?.done
  const renewed = await stack.redis.pttl(keys.lease(id))
  // What is left of the lease when the next renewal is late by a third of its interval.
  const lateMs = renewalMs(graceMs) / 3
  expect(granted - first!.atMs - lateMs).toBeGreaterThan(graceMs)
  expect(renewed - (second!.atMs - first!.atMs) - lateMs).toBeGreaterThan(graceMs)
})

it('ends what waits at its deadline, and leaves what a worker has to that worker', async () => {
  const [waiting, running] = [await stack.job({ deadlineMs: 50 }), await stack.job({ deadlineMs: 50 })]
  await stack.store.open(running, 1, worker)
  const removed: string[] = []
  const queue = { remove: async (id: string) => void removed.push(id) }
  const deps = { store: stack.store, index: stack.index, queue, readers: new Readers(), graceMs: 60_000 }
  const caretaker = new Caretaker(deps, (error) => {
    throw error
  })
  try {
    await vi.waitFor(() => expect(removed).toEqual([waiting]), 10_000)
  } finally {
    caretaker.stop()
  }
  expect((await stack.store.eventsAfter(waiting, 0))[0]).toMatchObject({ type: 'error', code: 'deadline_exceeded' })
  expect((await stack.store.record(running))?.state).toBe('active')
})
