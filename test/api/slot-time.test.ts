import { beforeEach, describe, expect, it } from 'vitest'
import { SlotTime } from '../../src/api/slot-time.ts'

const slots = 10

describe('the time of a slot that a job costs', () => {
  let time: SlotTime
  let at: number
  let ended: number
  beforeEach(() => {
    time = new SlotTime()
    at = 0
    ended = 1000
  })
  /** Seconds in which so many jobs end each. */
  function pass(seconds: number, jobsEach: number, { waiting = true, slotsNow = slots } = {}): void {
    for (let i = 0; i < seconds; i++) {
      at += 1000
      ended += jobsEach
      time.observe(slotsNow, { ended, waiting }, 500, at)
    }
  }

  it('is unknown until jobs have waited for a while, and then begins with what jobs tell of themselves', () => {
    pass(20, 5, { waiting: false })
    expect(time.msPerJob).toBeNull()
    pass(1, 5)
    expect(time.msPerJob).toBeNull()
    pass(1, 20)
    expect(time.msPerJob).toBeCloseTo(500)
  })

  it('is the time of all slots by the jobs that ended in it, though each job held its slot for less', () => {
    pass(60, 4)
    // Ten slots and four jobs a second: 2500 ms of a slot each.
    expect(time.msPerJob).toBeGreaterThan(2400)
    expect(time.msPerJob).toBeLessThan(2600)
  })

  it('follows when jobs get faster', () => {
    pass(60, 4)
    pass(10, 40)
    expect(time.msPerJob).toBeGreaterThan(245)
    expect(time.msPerJob).toBeLessThan(300)
  })

  it('does not count the time in which nobody waits', () => {
    pass(60, 4)
    const before = time.msPerJob
    pass(60, 0, { waiting: false })
    pass(1, 0)
    expect(time.msPerJob).toBe(before)
  })

  it('is of a slot, so that what more workers take is known before they have finished anything', () => {
    pass(60, 4)
    pass(1, 8, { slotsNow: 2 * slots })
    expect(time.msPerJob).toBeGreaterThan(2400)
    expect(time.msPerJob).toBeLessThan(2600)
  })

  it('does not go wrong where the count has begun anew', () => {
    pass(60, 4)
    ended = 0
    pass(5, 4)
    expect(time.msPerJob).toBeGreaterThan(2400)
    expect(time.msPerJob).toBeLessThan(2600)
  })
})
