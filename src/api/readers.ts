// The open readers of this process, by job. They keep their jobs' leases alive and hear how the queue moves.

export interface Reader {
  /** Whether the job still waits, as far as this reader has read. */
  readonly waiting: boolean
  onPosition(position: number, etaMs: number): void
  /** Ends the reading; the job goes on, and so may its client at another API. */
  leave(): void
}

export class Readers {
  readonly #byJob = new Map<string, Set<Reader>>()

  /** @returns the function that removes the reader again */
  attach(jobId: string, reader: Reader): () => void {
    const readers = this.#byJob.get(jobId) ?? new Set()
    this.#byJob.set(jobId, readers.add(reader))
    return () => {
      readers.delete(reader)
      if (readers.size === 0 && this.#byJob.get(jobId) === readers) this.#byJob.delete(jobId)
    }
  }

  has(jobId: string): boolean {
    return this.#byJob.has(jobId)
  }

  /** Jobs that somebody reads here. */
  jobs(): string[] {
    return [...this.#byJob.keys()]
  }

  /** Jobs that somebody reads here and that still wait for a worker. */
  waitingJobs(): string[] {
    return [...this.#byJob].flatMap(([id, readers]) => ([...readers].some((reader) => reader.waiting) ? [id] : []))
  }

  notify(jobId: string, position: number, etaMs: number): void {
    for (const reader of this.#byJob.get(jobId) ?? []) if (reader.waiting) reader.onPosition(position, etaMs)
  }

  /** For the end of this process. */
  dismiss(): void {
    for (const readers of this.#byJob.values()) for (const reader of [...readers]) reader.leave()
  }

  get count(): number {
    let count = 0
    for (const readers of this.#byJob.values()) count += readers.size
    return count
  }
}
