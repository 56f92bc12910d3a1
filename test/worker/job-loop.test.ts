// Two workers' loops over one queue, with a real Redis and a clock that stands: a worker that leaves a job to another waits
// until the test lets the time pass, so who takes a job never depends on who is faster.

import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { JobQueue } from '../../src/stream/queue.ts'
import { WaitingLine } from '../../src/stream/waiting-line.ts'
import { type WorkerInfo, WorkerRegistry } from '../../src/stream/worker-registry.ts'
import type { AttemptInput, AttemptOutcome } from '../../src/worker/attempt.ts'
import { JobLoop } from '../../src/worker/job-loop.ts'
import { yieldMs } from '../../src/worker/turn.ts'
import { logger } from '../api/running-service.ts'
import { keys, type Stack, worker } from '../stream/stack.ts'
import { useStack } from '../stream/use-stack.ts'

let stack: Stack
let queue: JobQueue
let registry: WorkerRegistry
let loops: JobLoop[]
/** Which loop has taken each job, in the order of the jobs. */
let takers: string[]

useStack((opened) => {
  stack = opened
})
beforeEach(async () => {
  await stack.redis.flushall()
  queue = new JobQueue(stack.redis, keys, () => {})
  registry = new WorkerRegistry(stack.redis, keys)
  takers = []
  loops = ['first', 'second'].map(loopOf)
  for (const id of ['first', 'second']) {
    await registry.beat(heartbeat(id))
    // Its life is Redis's time, which goes on.
    await stack.redis.zadd(keys.workers, Date.now() + 3_600_000, id)
  }
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  for (const loop of loops) loop.start()
  await untilAllPause()
})
afterEach(async () => {
  vi.useRealTimers()
  for (const loop of loops) {
    await loop.stop()
    await loop.close()
  }
  await queue.close()
})

/** Its jobs run until it stops. */
function loopOf(workerId: string): JobLoop {
  const attempt = async ({ id, attempt: number, stop }: AttemptInput): Promise<AttemptOutcome> => {
    takers.push(workerId)
    await stack.store.open(id, number, worker)
    await new Promise((resolve) => stop.addEventListener('abort', resolve))
    return 'handed-back'
  }
  const line = new WaitingLine(stack.redis, keys, queue, stack.shared)
  const { redis } = stack
  return new JobLoop({ workerId, slots: 8, redis, keys, registry, line, logger, attempt, ready: () => true })
}

const heartbeat = (id: string): WorkerInfo => ({
  ...{ id, host: 'here', pid: 1, model: 'none', precision: 'float32', slots: 8, threads: 1, max_context: 512 },
  ...{ started_at: 0, ready: true, event_loop_lag_ms: 0 },
  engine: {
    ...{ running: 0, waiting: 0, steps: 0, prefill_tokens: 0, decode_tokens: 0, prompt_tokens: 0, cached_tokens: 0 },
    ...{ drafted_tokens: 0, accepted_tokens: 0, preemptions: 0, kv_tokens: 0, busy_ms: 0 },
  },
})

/** Resolves when both loops have done all they do without the time passing: each has a timer then, and BullMQ one for it. */
async function untilAllPause(): Promise<void> {
  do {
    await nextTurn()
    // BullMQ puts off what it tells at its beginning by no time at all.
    vi.advanceTimersByTime(0)
  } while (vi.getTimerCount() !== 2 * loops.length)
}

async function hint(loop: JobLoop): Promise<void> {
  loop.hint()
  await untilAllPause()
}

/** Whoever has left a job to another goes on. */
async function passYield(): Promise<void> {
  vi.advanceTimersByTime(yieldMs)
  await untilAllPause()
}

const arrive = async () => queue.add(await stack.job())

it('leaves a job to a worker that holds fewer, also where it hears of it first', async () => {
  const [first, second] = loops as [JobLoop, JobLoop]
  for (let round = 1; round <= 4; round++) {
    await arrive()
    await hint(first)
    expect(takers).toHaveLength(2 * round - 1)
    await passYield()
    await arrive()
    // It holds one more.
    await hint(first)
    expect(takers).toHaveLength(2 * round - 1)
    await hint(second)
    expect(takers).toHaveLength(2 * round)
    await passYield()
  }
  expect(takers).toEqual(Array.from({ length: 4 }, () => ['first', 'second']).flat())
})

it('takes a job that is another’s turn when that one does not come for it', async () => {
  const [first] = loops as [JobLoop]
  for (let jobs = 1; jobs <= 3; jobs++) {
    await arrive()
    await hint(first)
    if (jobs > 1) expect(takers).toHaveLength(jobs - 1)
    await passYield()
    expect(takers).toHaveLength(jobs)
  }
  expect(takers).toEqual(['first', 'first', 'first'])
})
