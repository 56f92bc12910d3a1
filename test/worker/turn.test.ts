import { describe, expect, it } from 'vitest'
import type { LiveWorker } from '../../src/stream/worker-registry.ts'
import { isOwnTurn } from '../../src/worker/turn.ts'

const other = (jobs: number, ready = true) => ({ id: 'other', jobs, slots: 4, ready }) as LiveWorker

describe('the rule of sharing', () => {
  it('leaves a job to a worker that holds fewer, has room and can serve', () => {
    expect(isOwnTurn('own', 2, [other(1)])).toBe(false)
    expect(isOwnTurn('own', 2, [other(2)])).toBe(true)
    expect(isOwnTurn('own', 5, [other(4)])).toBe(true)
    expect(isOwnTurn('own', 5, [other(1, false)])).toBe(true)
    expect(isOwnTurn('own', 5, [])).toBe(true)
  })
})
