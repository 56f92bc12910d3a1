import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Response } from 'express'
import { expect, it, onTestFinished } from 'vitest'
import { type FollowDeps, streamJob } from '../../src/api/follow-job.ts'
import { Readers } from '../../src/api/readers.ts'
import { keys, type Stack } from '../stream/stack.ts'
import { useStack } from '../stream/use-stack.ts'
import { followStream } from './sse-client.ts'

let stack: Stack
useStack((opened) => {
  stack = opened
})

it.each([
  ['is told no place in line before the first event of its job', -1, [0, null]],
  ['that comes back is told its place at once', 0, [null]],
])('a reader %s', async (_, afterSeq, ids) => {
  const id = await stack.job()
  const readers = new Readers()
  let read = () => {}
  const untilRead = new Promise<void>((resolve) => {
    read = resolve
  })
  const store = {
    record: (job: string) => stack.store.record(job),
    eventsAfter: async (job: string, seq: number) => {
      await untilRead
      return stack.store.eventsAfter(job, seq)
    },
  }
  const deps = {
    source: { hub: stack.hub, store, keys },
    readers,
    metrics: { followStream: () => ({ observe: () => {}, failed: () => {}, end: () => {} }) },
    shutdown: new AbortController().signal,
  } as unknown as FollowDeps
  const server = createServer((request, response) => {
    streamJob(id, afterSeq, Object.assign(response, { req: request }) as unknown as Response, deps)
  })
  onTestFinished(() => void server.close())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const leaving = new AbortController()
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { signal: leaving.signal })
  readers.notify(id, 5, 100)
  read()
  const seen: (number | null)[] = []
  for await (const event of followStream(response)) {
    seen.push(event.id)
    if (seen.length === ids.length) break
    readers.notify(id, 4, 100)
  }
  expect(seen).toEqual(ids)
  leaving.abort()
})
