// Prompt-lookup drafting: where a sequence repeats itself, as an analysis quotes its log, the ids that followed last time
// are a guess at the next ones. One forward pass checks several guesses for little more than the price of one token;
// those that sampling draws anyway are kept. So the output is the same with and without, only the steps are fewer.

/** Ids guessed at once. */
const longestDraft = 4
/** A guess needs the last one to three ids to have stood together before. */
const longestMatch = 3
/** A pass with guesses costs about 1.3 of one without: below this many tokens a pass they don't pay. */
const leastYield = 1.35
const firstYield = 1.75
/** Where guesses don't pay, they are tried again after so many tokens. */
const pauseTokens = 32
/** Share of the newest pass in the running yield. */
const newest = 1 / 8

export class Drafter {
  readonly #ids: readonly number[]
  /** Tokens that a pass with guesses has yielded lately. */
  #yield = firstYield
  /** No guesses before the sequence has this many ids. */
  #resumeAt = 0

  /** @param ids the sequence's, as they grow */
  constructor(ids: readonly number[]) {
    this.#ids = ids
  }

  /** A guess at the next ids, at most `limit` of them; often none. */
  guess(limit: number): number[] {
    if (this.#ids.length < this.#resumeAt) return []
    const from = this.#afterLongestMatch()
    return from === null ? [] : this.#ids.slice(from, from + Math.min(limit, longestDraft))
  }

  /** Tells how many guesses of the last pass were right. */
  checked(right: number): void {
    this.#yield += (1 + right - this.#yield) * newest
    if (this.#yield >= leastYield) return
    this.#resumeAt = this.#ids.length + pauseTokens
    this.#yield = leastYield
  }

  /** The place after the latest earlier occurrence of the last ids, for as many of them as occurred together. */
  #afterLongestMatch(): number | null {
    const ids = this.#ids
    let best = 0
    let place: number | null = null
    for (let end = ids.length - 1; end > 0 && best < longestMatch; end--) {
      let length = 0
      while (length < longestMatch && length < end && ids[end - 1 - length] === ids[ids.length - 1 - length]) length++
      if (length <= best) continue
      best = length
      place = end
    }
    return place
  }
}
