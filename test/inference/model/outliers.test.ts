import { expect, it } from 'vitest'
import { columnsOfParts, splitOutliers } from '../../../src/inference/model/outliers.ts'

it('cuts the largest channels into parts, each as often as it stands out, and weights read every part', () => {
  const parts = splitOutliers(Float32Array.of(1, 8, 2, 5), 3)
  expect([...parts.counts]).toEqual([1, 3, 1, 2])
  expect([...parts.sources]).toEqual([0, 1, 1, 1, 2, 3, 3])
  const weights = Float32Array.of(10, 20, 30, 40, 50, 60, 70, 80)
  expect([...columnsOfParts(weights, parts)]).toEqual([10, 20, 20, 20, 30, 40, 40, 50, 60, 60, 60, 70, 80, 80])
})
