// Prompt-lookup drafting: where a sequence repeats itself, as an analysis quotes its log, the ids that followed last time
// are a draft of the next ones. One forward pass verifies several for little more than the price of one token; those that
// are sampled anyway are accepted. So the output is the same with and without, only the steps are fewer.

/** The most ids of a draft. */
const longestDraft = 4
/** A draft needs the last one to three ids to have stood together before. */
const longestMatch = 3
/** A pass with a draft costs about 1.3 of one without: below this many tokens a pass it doesn't pay. */
const leastYield = 1.35
const firstYield = 1.75
/** Where drafts don't pay, they are tried again after so many tokens. */
const pauseTokens = 32
/** Share of the newest pass in the running yield. */
const newest = 1 / 8

export class Drafter {
  readonly #ids: readonly number[]
  /** Tokens that a pass with a draft has yielded lately. */
  #yield = firstYield
  /** No draft before the sequence has this many ids. */
  #resumeAt = 0

  /** @param ids the sequence's, as they grow */
  constructor(ids: readonly number[]) {
    this.#ids = ids
  }

  /** The next ids as they may be, at most `limit` of them; often none. */
  propose(limit: number): number[] {
    if (this.#ids.length < this.#resumeAt) return []
    const from = this.#afterLongestMatch()
    return from === null ? [] : this.#ids.slice(from, from + Math.min(limit, longestDraft))
  }

  /** Tells how many ids of the last draft were accepted. */
  record(accepted: number): void {
    this.#yield += (1 + accepted - this.#yield) * newest
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
