// A thousand random requests over one engine: nothing of them may be left, and memory may not grow with their number.

import { memoryUsage } from 'node:process'
import { queryObjects } from 'node:v8'
import fc from 'fast-check'
import { expect, vi } from 'vitest'
import type { Engine } from '../../src/inference/engine.ts'
import { Sequence } from '../../src/inference/sequence.ts'
import { EngineClient, requestFor, sampled } from './engine-client.ts'

export interface SoakOptions {
  requests: number
  /** From so many requests on memory must stay flat. */
  warmUp: number
  maxTokens: number
  /** MiB that the resident memory may still grow by: the garbage collector's slack, and that of native code. */
  slackMiB: number
}

/** What the heap may still grow by: compiled code, the ids that the client keeps, and batches that a scripted runner does. */
const heapSlackMiB = 2

const beginnings = ['Say what failed and why. '.repeat(12), 'one two three '.repeat(8), 'Once upon a time', 'a', '🙂']

const wave = (maxTokens: number) =>
  fc.array(
    fc.record({
      beginning: fc.constantFrom(...beginnings),
      end: fc.string({ maxLength: 30, unit: 'grapheme' }),
      maxTokens: fc.integer({ min: 1, max: maxTokens }),
      stop: fc.array(fc.constantFrom(' ', 'e', 'the', '\n'), { maxLength: 2 }),
      ignoreEos: fc.boolean(),
      greedy: fc.boolean(),
      seed: fc.nat(),
      cancelAfter: fc.option(fc.integer({ min: 0, max: 20 }), { freq: 2 }),
    }),
    { minLength: 20, maxLength: 20 },
  )

export async function soak(engine: Engine, { requests, warmUp, maxTokens, slackMiB }: SoakOptions): Promise<void> {
  const client = new EngineClient(engine)
  let [done, ended, cancelled] = [0, 0, 0]
  let settled = memoryInUse()
  for (const asked of fc.sample(wave(maxTokens), { numRuns: requests / 20, seed: 1 })) {
    const runs = asked.map(async ({ beginning, end, greedy, seed, cancelAfter, ...rest }) => {
      const request = requestFor(beginning + end, { ...rest, ...(!greedy && { sampling: sampled(seed) }) })
      const result = client.generate(request).then(({ end: how }) => {
        expect(how.kind).toBe('finished')
        return ++ended
      })
      if (cancelAfter === null) return result
      for (let turn = 0; turn < cancelAfter; turn++) await new Promise((resolve) => setImmediate(resolve))
      client.cancel(request.id)
      return ++cancelled
    })
    await Promise.all(runs)
    await vi.waitFor(() => expect(engine.stats()).toMatchObject({ running: 0, waiting: 0 }), 20_000)
    client.steps.length = 0
    done += asked.length
    if (done === warmUp) settled = memoryInUse()
  }
  expect(ended).toBeGreaterThan(requests / 3)
  expect(cancelled).toBeGreaterThan(requests / 20)
  const now = memoryInUse()
  // The heap's size alone would not tell: a thousand sequences are smaller than what else comes and goes.
  expect(now.sequences).toBe(0)
  expect((now.heapBytes - settled.heapBytes) / 2 ** 20).toBeLessThan(heapSlackMiB)
  expect((now.residentBytes - settled.residentBytes) / 2 ** 20).toBeLessThan(slackMiB)
  const { cachedTokens, promptTokens } = engine.stats()
  expect(cachedTokens / promptTokens).toBeGreaterThan(0.3)
}

/** Looking for objects collects all garbage first, so what is found is held by somebody. */
function memoryInUse() {
  const sequences = queryObjects(Sequence, { format: 'count' })
  const { heapUsed: heapBytes, rss: residentBytes } = memoryUsage()
  return { sequences, heapBytes, residentBytes }
}
