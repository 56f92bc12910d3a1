// Time as the engine needs it, so that tests can set it.

export interface Clock {
  /** Milliseconds since the epoch, for deadlines; jumps when the system's clock is set. */
  epochMs(): number
  /** Milliseconds since some start, never going back, for durations. */
  elapsedMs(): number
}

export const systemClock: Clock = {
  epochMs: () => Date.now(),
  elapsedMs: () => performance.now(),
}
