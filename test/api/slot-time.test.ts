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
  function pass(seconds: number, jobsEach: number, { busy = true, slotsNow = slots } = {}): void {
    for (let i = 0; i < seconds; i++) {
      at += 1000
      ended += jobsEach
      time.observe({ slots: slotsNow, ended, busy, at }, 500)
    }
  }

  const expectAbout = (ms: number) => expect(Math.abs(time.slotMsPerJob! / ms - 1)).toBeLessThan(0.04)

  it('is unknown until jobs have waited for a while, and then begins with what jobs tell of themselves', () => {
    pass(20, 5, { busy: false })
    expect(time.slotMsPerJob).toBeNull()
    pass(1, 5)
    expect(time.slotMsPerJob).toBeNull()
    pass(1, 20)
    expect(time.slotMsPerJob).toBeCloseTo(500)
  })

  it('is the time of all slots by the jobs that ended in it, though each job held its slot for less', () => {
    pass(60, 4)
    // Ten slots and four jobs a second: 2500 ms of a slot each.
    expectAbout(2500)
  })

  it('follows when jobs get faster', () => {
    pass(60, 4)
    pass(10, 40)
    expect(time.slotMsPerJob).toBeGreaterThan(245)
    expect(time.slotMsPerJob).toBeLessThan(300)
  })

  it('does not count the time in which slots are free', () => {
    pass(60, 4)
    const before = time.slotMsPerJob
    pass(60, 0, { busy: false })
    pass(1, 0)
    expect(time.slotMsPerJob).toBe(before)
  })

  it('is of a slot, so that what more workers take is known before they have finished anything', () => {
    pass(60, 4)
    pass(1, 8, { slotsNow: 2 * slots })
    expectAbout(2500)
  })

  it('does not go wrong where the count has begun anew', () => {
    pass(60, 4)
    ended = 0
    pass(5, 4)
    expectAbout(2500)
  })

  it('does not count the time in which nobody could look', () => {
    pass(60, 4)
    const before = time.slotMsPerJob
    time.interrupt()
    at += 60_000
    pass(1, 0)
    expect(time.slotMsPerJob).toBe(before)
    pass(60, 40)
    expect(time.slotMsPerJob).toBeLessThan(260)
  })

  it('is not measured where nobody has counted the jobs that ended', () => {
    for (let second = 0; second < 60; second++) {
      time.observe({ slots, ended: null, busy: true, at: second * 1000 }, 500)
    }
    expect(time.slotMsPerJob).toBeNull()
  })
})
