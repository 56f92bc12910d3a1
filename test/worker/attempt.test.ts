import { expect, it } from 'vitest'
import { fixGenerate } from '../../src/stream/payload.ts'
import { Publisher } from '../../src/stream/publisher.ts'
import { generateRequestSchema } from '../../src/stream/request.ts'
import { noTracing } from '../../src/tracing.ts'
import { type AttemptDeps, attemptJob } from '../../src/worker/attempt.ts'
import { type CrashingEngine, EngineSequences } from '../../src/worker/engine-sequences.ts'
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

it('ends a job at its deadline where the engine does not, because it hangs', async () => {
  const payload = { kind: 'generate', request: fixGenerate(generateRequestSchema.parse({ prompt: 'A story' }), 5) }
  const id = await stack.job({ deadlineMs: 300, payload })
  const cancelled: string[] = []
  const hanging = {
    ...{ ready: true, startMs: 0, submit: () => {}, onStep: () => {}, onCrash: () => {} },
    cancel: (sequence: string) => cancelled.push(sequence),
  } as unknown as CrashingEngine
  const outcome = attemptJob({ id, attempt: 1, stop: new AbortController().signal }, {
    ...{ store: stack.store, worker, logger, tracing: noTracing, metrics: { jobEnded: () => {} } },
    publisher: new Publisher(stack.store, () => {}),
    sequences: new EngineSequences(hanging),
  } as unknown as AttemptDeps)
  expect(await outcome).toBe('ended')
  const events = await stack.store.eventsAfter(id, -1)
  expect(events.at(-1)).toMatchObject({ type: 'error', code: 'deadline_exceeded' })
  // Should it go on one day, it has nothing to do for this job.
  expect(cancelled).toEqual([`${id}:1`])
})
