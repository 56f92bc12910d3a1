// How long a job keeps a slot from the next one, measured where it can be: while jobs wait, so that every slot is at work.
// Then it is the time of all slots by the jobs that ended in it, and holds what no job knows of itself: the pauses between
// two of them, and a worker that gets too little of the processor to fill its slots.

/** What is measured moves with this many jobs a slot. */
const memory = 4

export class SlotTime {
  #slotMs = 0
  #jobs = 0
  #last: { ended: number; waiting: boolean; at: number } | null = null

  /**
   * @param ended how many jobs have ended since ever, of those that held a slot
   * @param holdMs how long jobs hold a slot by their own times; the measurement begins with it
   */
  observe(slots: number, { ended, waiting }: { ended: number; waiting: boolean }, holdMs: number, now: number): void {
    const last = this.#last
    this.#last = { ended, waiting, at: now }
    if (last === null || !last.waiting || !waiting || slots === 0 || ended < last.ended) return
    if (this.#jobs === 0) {
      this.#jobs = (memory / 2) * slots
      this.#slotMs = this.#jobs * holdMs
    }
    this.#slotMs += slots * (now - last.at)
    this.#jobs += ended - last.ended
    const keep = Math.min(1, (memory * slots) / this.#jobs)
    this.#slotMs *= keep
    this.#jobs *= keep
  }

  /** Milliseconds of a slot that each job costs; null before anything was measured. */
  get msPerJob(): number | null {
    return this.#jobs === 0 ? null : this.#slotMs / this.#jobs
  }
}
