import { expect, it } from 'vitest'
import { stopJob } from '../../src/api/stop-job.ts'
import { keys, type Stack, token, worker } from '../stream/stack.ts'
import { useStack } from '../stream/use-stack.ts'

let stack: Stack
useStack((opened) => {
  stack = opened
})

it('a job whose worker is dead is ended with what it had, and with its times', async () => {
  const id = await stack.job()
  await stack.store.open(id, 1, worker)
  await stack.store.append([{ id, attempt: 1, firstSeq: 1, events: [token('a'), token('b')] }])
  const queue = { remove: async () => {} }
  const { store, hub } = stack
  await stopJob(id, { submit: { store, queue }, follow: { source: { hub, store, keys } } } as never)
  const record = (await store.record(id))!
  const end = (await store.eventsAfter(id, 2))[0]
  expect(end).toMatchObject({ type: 'done', reason: 'cancelled', tokensGenerated: 2 })
  expect(end?.type === 'done' && end.timings).toMatchObject({
    queued_ms: record.opened_at! - record.created_at,
    ttft_ms: record.first_token_at! - record.created_at,
  })
})
