import { describe, expect, it } from 'vitest'
import { labelledLogs } from './labelled-logs.ts'
import { missed, scores } from './labelled-scores.ts'

describe('the labelled logs', () => {
  const all = scores(labelledLogs())
  const failing = all.filter(({ log }) => log.failing.length > 0)
  const clean = all.filter(({ log }) => log.failing.length === 0)
  const share = (hits: typeof all) => hits.length / failing.length

  it('have their failing line quoted first in 19 of 20, and somewhere in nearly all', () => {
    expect(share(failing.filter(({ first }) => first)), missed(all)).toBeGreaterThanOrEqual(0.95)
    expect(share(failing.filter(({ any }) => any)), missed(all)).toBeGreaterThanOrEqual(0.97)
  })

  it('get their category in 9 of 10', () => {
    expect(share(failing.filter(({ category }) => category)), missed(all)).toBeGreaterThanOrEqual(0.9)
  })

  it.each(clean.map((score) => [score.log.name, score] as const))('are called clean: %s', (_, score) => {
    expect(score.result.diagnosis.root_cause).toBeNull()
  })

  it('are quoted shortly: five lines on average', () => {
    const lines = failing.map(({ result }) => {
      const first = result.diagnosis.root_cause?.evidence[0]
      return first === undefined ? 0 : first.line_end - first.line_start + 1
    })
    expect(lines.reduce((sum, count) => sum + count, 0) / lines.length).toBeLessThan(5)
  })
})
