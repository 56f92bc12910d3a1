// Random choices that a seed repeats.

export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** In [0, 1). Mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }

  between(low: number, high: number): number {
    return low + this.next() * (high - low)
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.next() * items.length)]!
  }

  /** Another source, whose choices don't depend on how often this one is asked afterwards. */
  fork(): Random {
    return new Random(Math.floor(this.next() * 2 ** 32))
  }
}

/** FAULT_SEED, or a new seed. */
export function faultSeed(env: NodeJS.ProcessEnv): number {
  const given = Number(env.FAULT_SEED)
  return env.FAULT_SEED !== undefined && Number.isInteger(given) ? given : Math.floor(Math.random() * 2 ** 31)
}
