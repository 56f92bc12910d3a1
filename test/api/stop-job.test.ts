import { afterAll, expect, it } from 'vitest'
import { stopJob } from '../../src/api/stop-job.ts'
import { JobStore } from '../../src/stream/job-store.ts'
import { JobQueue } from '../../src/stream/queue.ts'
import { keys, type Stack, token, worker } from '../stream/stack.ts'
import { useStack } from '../stream/use-stack.ts'

let stack: Stack
let queue: JobQueue

useStack((opened) => {
  stack = opened
  queue = new JobQueue(stack.redis, keys, () => {})
})
afterAll(() => queue.close())

const append = (id: string, firstSeq: number, text: string) =>
  stack.store.append([{ id, attempt: 1, firstSeq, events: [token(text)] }])

/** Its worker appends one more token right before the job is marked, and is never heard of again. */
class LastMinuteStore extends JobStore {
  override async cancel(id: string): ReturnType<JobStore['cancel']> {
    await append(id, 2, 'b')
    return super.cancel(id)
  }
}

it('counts what a worker that died wrote until the very moment of the stop', async () => {
  const store = new LastMinuteStore(stack.redis, keys)
  const id = await stack.job()
  await stack.store.open(id, 1, worker)
  await append(id, 1, 'a')
  await stopJob(id, { submit: { store, queue }, follow: { source: { hub: stack.hub, store, keys } } })
  const end = (await stack.store.eventsAfter(id, -1)).at(-1)
  expect(end).toMatchObject({ type: 'done', reason: 'cancelled', seq: 3, tokensGenerated: 2 })
  const record = (await store.record(id))!
  expect(end?.type === 'done' && end.timings).toMatchObject({
    queued_ms: record.opened_at! - record.created_at,
    ttft_ms: record.first_token_at! - record.created_at,
  })
})

it('leaves a job alone that is unknown', async () => {
  const { store } = stack
  await stopJob('job_unknown', { submit: { store, queue }, follow: { source: { hub: stack.hub, store, keys } } })
  expect(await store.record('job_unknown')).toBeNull()
})
