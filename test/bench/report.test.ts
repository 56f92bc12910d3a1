// Which claims a benchmark's report counts as kept. Each also prints what it found.

import { expect, test } from 'vitest'
import { type Claim, Report } from '../../bench/report.ts'

function reportOf(...claims: Pick<Claim, 'value' | 'limit'>[]): { markdown: string; allKept: boolean } {
  const report = new Report()
  for (const claim of claims) report.claim({ what: 'a figure', unit: 'x', ...claim })
  return { markdown: report.finish(), allKept: report.allKept }
}

test('all claims are kept where each is within its limit, the limit included', () => {
  const { markdown, allKept } = reportOf({ value: 2, limit: { atLeast: 2 } }, { value: 2, limit: { atMost: 2 } })
  expect(allKept).toBe(true)
  expect(markdown).not.toContain('| no ')
})

test('one claim beyond its limit is enough for a no', () => {
  const { markdown, allKept } = reportOf({ value: 2, limit: { atLeast: 1 } }, { value: 3, limit: { atMost: 2 } })
  expect(allKept).toBe(false)
  expect(markdown).toMatch(/\| 3\.00x +\| at most 2\.00x +\| no /)
})

test.each([
  ['the median of nothing', Number.NaN, { atMost: 2 }],
  ['the largest of nothing', Number.NEGATIVE_INFINITY, { atMost: 2 }],
  ['a ratio to nothing', Number.POSITIVE_INFINITY, { atLeast: 1 }],
])('%s is in the table, and not kept', (_, value, limit) => {
  const { markdown, allKept } = reportOf({ value, limit })
  expect(allKept).toBe(false)
  expect(markdown).toMatch(/\| a figure \| nothing +\| at .* \| no /)
})
