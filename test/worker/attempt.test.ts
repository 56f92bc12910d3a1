import { expect, it } from 'vitest'
import { type AttemptDeps, attemptJob } from '../../src/worker/attempt.ts'
import { logger } from '../api/running-service.ts'
import { keys, type Stack, worker } from '../stream/stack.ts'
import { useStack } from '../stream/use-stack.ts'

let stack: Stack
useStack((opened) => {
  stack = opened
})

/** Of a job that can't be opened; what computes is not reached. */
const attempt = (id: string) =>
  attemptJob({ id, attempt: 1, stop: new AbortController().signal }, {
    store: stack.store,
    worker,
    logger,
  } as unknown as AttemptDeps)

it('leaves a job alone while Redis takes no writes, as in a failover', async () => {
  const id = await stack.job()
  await stack.redis.call('REPLICAOF', '127.0.0.1', '1')
  try {
    await expect(attempt(id)).rejects.toThrow('READONLY')
  } finally {
    await stack.redis.call('REPLICAOF', 'NO', 'ONE')
  }
  expect(await stack.store.record(id)).toMatchObject({ state: 'queued', fence: 0 })
})

it('ends a job whose log is no log', async () => {
  const id = await stack.job()
  await stack.redis.set(keys.log(id), 'something else')
  expect(await attempt(id)).toBe('ended')
  expect(await stack.redis.zscore(keys.admitted, id)).toBeNull()
})
