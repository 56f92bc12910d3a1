// What every model runner promises, run against each of them.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { BatchRow, ModelRunner } from '../../src/inference/model-runner.ts'

export const RUNNER_SLOTS = 8
export const RUNNER_CONTEXT = 64

export interface RunnerUnderTest {
  /** With RUNNER_SLOTS slots of RUNNER_CONTEXT. */
  open(): Promise<ModelRunner>
  /** How far logits may be from those that the same tokens give in another batch or other chunks. */
  tolerance: number
  /** Whether ids outside the vocabulary are refused: they would make a kernel read outside its table. */
  hasTables: boolean
}

const row = (tokens: number[], past: number, logits = 1): BatchRow => ({ tokens, past, logits })

export function runnerContract(name: string, { open, tolerance, hasTables }: RunnerUnderTest): void {
  describe(name, () => {
    let runner: ModelRunner
    beforeAll(async () => {
      runner = await open()
    })
    afterAll(() => runner?.close())

    const ids = (slot: number, length = 5 + slot * 3) =>
      Array.from({ length }, (_, i) => (i * 37 + slot * 11) % runner.shape.vocabSize)

    /** Copies the logits out: they are only valid until the next call. */
    async function run(firstSlot: number, ...rows: BatchRow[]): Promise<number[]> {
      return [...(await runner.forward({ firstSlot, rows }))]
    }

    function expectClose(actual: number[], expected: number[]): void {
      expect(actual.length).toBe(expected.length)
      const difference = actual.reduce((max, value, i) => Math.max(max, Math.abs(value - expected[i]!)), 0)
      expect(difference).toBeLessThan(tolerance)
    }

    it('says its shape', () => {
      expect(runner.shape).toMatchObject({ slots: RUNNER_SLOTS, maxContext: RUNNER_CONTEXT })
    })

    it('gives a sequence the same logits alone and in a batch of eight with other lengths, step after step', async () => {
      const alone: number[][] = []
      for (let slot = 0; slot < RUNNER_SLOTS; slot++) {
        await run(0, row(ids(slot), 0))
        alone.push([])
        for (const [step, id] of [slot, 3, 1].entries()) {
          alone[slot]!.push(...(await run(0, row([id], ids(slot).length + step))))
        }
      }
      for (let slot = 0; slot < RUNNER_SLOTS; slot++) await run(slot, row(ids(slot), 0))
      const { vocabSize } = runner.shape
      for (const step of [0, 1, 2]) {
        const rows = alone.map((_, slot) => row([[slot, 3, 1][step]!], ids(slot).length + step))
        const expected = alone.flatMap((logits) => logits.slice(step * vocabSize, (step + 1) * vocabSize))
        expectClose(await run(0, ...rows), expected)
      }
    })

    it('reads a prompt in chunks, or token by token, as it reads it at once', async () => {
      const prompt = ids(4, 20)
      const atOnce = await run(0, row(prompt, 0, 20))
      const first = await run(3, row(prompt.slice(0, 13), 0, 13))
      expectClose([...first, ...(await run(3, row(prompt.slice(13), 13, 7)))], atOnce)
      const singly: number[] = []
      for (const [past, id] of prompt.entries()) singly.push(...(await run(7, row([id], past))))
      expectClose(singly, atOnce)
    })

    it('takes rows of every length in one batch, and returns logits in their order', async () => {
      await run(0, row(ids(6, 9), 0))
      const single = [
        ...(await run(0, row(ids(2, 3), 9, 2))),
        ...(await run(1, row(ids(1), 0, 2))),
        ...(await run(2, row(ids(2, 1), 0))),
        ...(await run(3, row([9], 0))),
      ]
      await run(4, row(ids(6, 9), 0))
      const batch = [row(ids(2, 3), 9, 2), row(ids(1), 0, 2), row(ids(2, 1), 0), row([9], 0)]
      expectClose(await run(4, ...batch), single)
    })

    it('returns no logits where none are wanted', async () => {
      expect(await run(0, row(ids(0), 0, 0))).toEqual([])
      const mixed = await run(0, row([1], ids(0).length, 0), row([2], 0, 1))
      expectClose(mixed, await run(5, row([2], 0)))
    })

    it('rolls back by a smaller past, also in the middle of a batch', async () => {
      for (const slot of [0, 1]) await run(slot, row(ids(slot, 12), 0))
      const expected = await run(0, row([5, 6], 12, 2))
      await run(0, row([200, 201, 202, 203], 12))
      expectClose(await run(0, row([5, 6], 12, 2)), expected)
      await run(0, row([7], 14), row([8], 12))
      expectClose(await run(0, row([5, 6], 12, 2), row([9, 10], 13, 0)), expected)
    })

    it('copies the beginning of a slot over another', async () => {
      await run(2, row(ids(2, 20), 0))
      await run(6, row(ids(6, 30), 0))
      const expected = await run(2, row([7], 15))
      runner.copySlot(2, 6, 15)
      expectClose(await run(6, row([7], 15)), expected)
    })

    it('keeps a copy apart from a sequence that runs on in the same slot', async () => {
      for (const slot of [0, 1]) await run(slot, row(ids(slot, 10), 0))
      await run(0, row([1], 10), row([2], 10))
      const expected = await run(0, row([3], 11))
      await run(1, row(ids(3, 11), 0))
      // Slot 1 has as many rows as a batch that ran before, but others.
      runner.copySlot(0, 1, 11)
      expectClose(await run(1, row([3], 11)), expected)
    })

    it('fills a slot to its last row', async () => {
      await run(7, row(ids(1, RUNNER_CONTEXT - 1), 0))
      expect((await run(7, row([1], RUNNER_CONTEXT - 1))).every(Number.isFinite)).toBe(true)
    })

    it.each<[string, number, BatchRow, RegExp]>([
      ['no tokens', 0, row([], 0, 0), /without tokens/],
      ['more logits than tokens', 0, row([1], 0, 2), /more logits/],
      ['more rows than a slot holds', 0, row([1], RUNNER_CONTEXT), /slot is full|past is 64/],
      ['a slot that is not there', RUNNER_SLOTS, row([1], 0), /no slots? 8/],
    ])('refuses %s and goes on', async (_, slot, bad, message) => {
      const expected = await run(0, row([1], 0))
      await expect(run(slot, bad)).rejects.toThrow(message)
      expectClose(await run(0, row([1], 0)), expected)
    })

    const wrongIds = hasTables ? [-1, 100_000] : []
    it.each(wrongIds)('refuses the id %i and goes on', async (id) => {
      const expected = await run(0, row([1], 0))
      await expect(run(0, row([id], 0))).rejects.toThrow(`there is no token ${id}`)
      expectClose(await run(0, row([1], 0)), expected)
    })

    it('refuses a second call before the first has settled', async () => {
      const first = run(0, row([1], 0))
      const second = run(0, row([2], 0))
      expect(() => runner.copySlot(0, 1, 1)).toThrow(/during a forward pass/)
      await expect(second).rejects.toThrow(/before the last one had settled/)
      await expect(first).resolves.toHaveLength(runner.shape.vocabSize)
    })
  })
}
