// When things happened to a sequence, on the engine's clock.

import type { SequenceTimings } from './engine.ts'

export class SequenceTimes {
  readonly #submittedAt: number
  #prefillAt: number | null = null
  #firstTokenAt: number | null = null
  #lastTokenAt: number | null = null

  constructor(now: number) {
    this.#submittedAt = now
  }

  /** Before each forward pass that runs tokens of the sequence; true for the first. */
  started(now: number): boolean {
    if (this.#prefillAt !== null) return false
    this.#prefillAt = now
    return true
  }

  token(now: number): void {
    this.#firstTokenAt ??= now
    this.#lastTokenAt = now
  }

  get timings(): SequenceTimings {
    const prefillAt = this.#prefillAt ?? this.#submittedAt
    const firstTokenAt = this.#firstTokenAt ?? prefillAt
    return {
      waitMs: prefillAt - this.#submittedAt,
      prefillMs: firstTokenAt - prefillAt,
      decodeMs: (this.#lastTokenAt ?? firstTokenAt) - firstTokenAt,
    }
  }
}
