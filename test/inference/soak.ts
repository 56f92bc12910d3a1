// A thousand random requests over one engine: nothing of them may be left, and memory may not grow with their number.

import { memoryUsage } from 'node:process'
import fc from 'fast-check'
import { expect, vi } from 'vitest'
import type { Engine } from '../../src/inference/engine.ts'
import { EngineClient, requestFor, sampled } from './engine-client.ts'

export interface SoakOptions {
  requests: number
  /** From so many requests on memory must stay flat. */
  warmUp: number
  maxTokens: number
  /** MiB that the resident memory may still grow by: the garbage collector's slack. */
  slackMiB: number
}

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
  let settled = 0
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
    await vi.waitFor(() => expect(engine.stats()).toMatchObject({ running: 0, waiting: 0 }))
    client.steps.length = 0
    done += asked.length
    if (done === warmUp) settled = memoryUsage.rss()
  }
  expect(ended).toBeGreaterThan(requests / 3)
  expect(cancelled).toBeGreaterThan(requests / 20)
  expect((memoryUsage.rss() - settled) / 2 ** 20).toBeLessThan(slackMiB)
  const { cachedTokens, promptTokens } = engine.stats()
  expect(cachedTokens / promptTokens).toBeGreaterThan(0.3)
}
