// Finds stop strings in streamed text. Only a suffix that may still become a stop string is held back; the stop string
// and what follows never come out. The result doesn't depend on how the text is cut into pieces: reading character by
// character, the stop string that is complete first wins, the longest one if several end at the same character.

export class StopStrings {
  readonly #stops: readonly string[]
  #held = ''
  #stopped = false

  constructor(stops: readonly string[]) {
    this.#stops = stops.filter((stop) => stop !== '').sort((a, b) => b.length - a.length)
  }

  /** The text that can't be part of a stop string any more, and whether one was found: then nothing comes after. */
  push(text: string): { text: string; stopped: boolean } {
    if (this.#stopped) return { text: '', stopped: true }
    if (this.#stops.length === 0 || text === '') return { text, stopped: false }
    const all = this.#held + text
    for (let end = this.#held.length + 1; end <= all.length; end++) {
      const stop = this.#stops.find((candidate) => all.endsWith(candidate, end))
      if (stop === undefined) continue
      this.#held = ''
      this.#stopped = true
      return { text: all.slice(0, end - stop.length), stopped: true }
    }
    this.#held = this.#longestBeginning(all)
    return { text: all.slice(0, all.length - this.#held.length), stopped: false }
  }

  /** What was held back, once no more text comes. */
  flush(): string {
    const held = this.#held
    this.#held = ''
    return held
  }

  /** The longest suffix of `text` that is a proper prefix of a stop string. */
  #longestBeginning(text: string): string {
    const longest = Math.min(text.length, (this.#stops[0]?.length ?? 0) - 1)
    for (let length = longest; length > 0; length--) {
      const suffix = text.slice(text.length - length)
      if (this.#stops.some((stop) => stop.length > length && stop.startsWith(suffix))) return suffix
    }
    return ''
  }
}
