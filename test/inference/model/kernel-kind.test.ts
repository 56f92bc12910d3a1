import { expect, it } from 'vitest'
import { supportedWeightBits } from '../../../src/inference/model/kernel-kind.ts'

it('finds the same kind of kernel every time', async () => {
  const bits = await supportedWeightBits()
  expect([7, 8]).toContain(bits)
  expect(await supportedWeightBits()).toBe(bits)
})
