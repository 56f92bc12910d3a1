// How much of a slot's time each job costs, measured where it can be: while more jobs wait than slots are free, so that
// every slot should be at work. Then it is the time of all slots by the jobs that ended in it, and holds what no job knows
// of itself: the pauses between two of them, and a worker that gets too little of the processor to fill its slots.

/** The measurement is of about the last so many jobs of each slot. */
const rememberedJobsPerSlot = 4

/** What the queue looked like at some moment. */
export interface QueueLook {
  slots: number
  /** How many jobs have ended since ever, of those that held a slot; null where nobody has counted. */
  ended: number | null
  /** Whether more jobs waited than slots were free. */
  busy: boolean
  /** Milliseconds of any clock that only goes forward. */
  at: number
}

export class SlotTime {
  #slotMs = 0
  #jobs = 0
  #last: QueueLook | null = null

  /** @param holdMs how long jobs hold a slot by their own times: where the measurement begins */
  observe(look: QueueLook, holdMs: number): void {
    const last = this.#last
    this.#last = look
    const { slots, ended, busy, at } = look
    if (last === null || last.ended === null || ended === null || ended < last.ended) return
    if (!last.busy || !busy || slots === 0) return
    if (this.#jobs === 0) {
      // Half full of the one, so that the first ends of a few long jobs don't make it jump.
      this.#jobs = (rememberedJobsPerSlot / 2) * slots
      this.#slotMs = this.#jobs * holdMs
    }
    this.#slotMs += slots * (at - last.at)
    this.#jobs += ended - last.ended
    const keep = Math.min(1, (rememberedJobsPerSlot * slots) / this.#jobs)
    this.#slotMs *= keep
    this.#jobs *= keep
  }

  /** Nobody could look: what has passed since the last time is not known. */
  interrupt(): void {
    this.#last = null
  }

  /** Milliseconds of one slot; null before anything was measured. */
  get slotMsPerJob(): number | null {
    return this.#jobs === 0 ? null : this.#slotMs / this.#jobs
  }
}
