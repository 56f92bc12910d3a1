// A child process that publishes as a worker of 500 slots does: in every step one token for every job, each with the time at
// which it was written as its text, but for those of the first second: they are for the compilers of this process. `log`
// goes the product's way (append and publish in one script), `channel` only publishes.

import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import type { NewEvent } from '../src/stream/events.ts'
import { keysOf } from '../src/stream/keys.ts'
import { Publisher } from '../src/stream/publisher.ts'
import { done, openStack, worker } from '../test/stream/stack.ts'

const [url = '', way = 'log', jobs = '500', stepsPerSecond = '20'] = process.argv.slice(2)

/** Milliseconds since the epoch, to the microsecond, the same for all processes of a machine. */
const now = () => performance.timeOrigin + performance.now()
const stamped = (): NewEvent => ({ type: 'token', text: now().toFixed(3), tokenId: 7 })
const unstamped = (): NewEvent => ({ type: 'token', text: 'not timed', tokenId: 7 })

interface Target {
  ids: string[]
  step(event: () => NewEvent): void
  close(): Promise<void>
}

async function overLog(count: number): Promise<Target> {
  const stack = await openStack(url)
  const publisher = new Publisher(stack.store, (error) => console.error(error))
  const ids: string[] = []
  for (let i = 0; i < count; i++) ids.push(await stack.job({ deadlineMs: 600_000, ttlMs: 60_000 }))
  await Promise.all(ids.map((id) => stack.store.open(id, 1, worker)))
  const writers = ids.map((id) => publisher.writer(id, 1, 1, (verdict) => console.error(id, verdict)))
  return {
    ids,
    step: (event) => {
      for (const writer of writers) writer.write(event())
    },
    close: async () => {
      await Promise.all(writers.map((writer) => writer.finish(done())))
      await stack.close()
    },
  }
}

async function overChannels(count: number): Promise<Target> {
  const redis = new Redis(url)
  const keys = keysOf()
  const ids = Array.from({ length: count }, (_, index) => `bare_${process.pid}_${index}`)
  let seq = 0
  return {
    ids,
    step: (event) => {
      const pipeline = redis.pipeline()
      for (const id of ids) pipeline.publish(keys.channel(id), JSON.stringify([{ ...event(), seq }]))
      seq++
      void pipeline.exec()
    },
    close: async () => {
      await redis.quit()
    },
  }
}

const target = await (way === 'log' ? overLog : overChannels)(Number(jobs))
process.send?.(target.ids)
process.on('message', async (seconds: number) => {
  const rate = Number(stepsPerSecond)
  const startedAt = performance.now()
  for (let step = 0; step < (1 + seconds) * rate; step++) {
    await sleep(Math.max(0, startedAt + (step * 1000) / rate - performance.now()))
    target.step(step < rate ? unstamped : stamped)
  }
  // What ends 500 jobs at once is not what a token's way is made of.
  await sleep(500)
  await target.close()
  process.disconnect?.()
})
