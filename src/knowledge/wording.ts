// How much of a case's wording a line of a log has: words in order, rare ones counting more. A bag of words would find
// something in every long line; an order of words seldom comes by chance.

import { maskedText } from '../logs/masking.ts'

const maxWords = 80

/** Words without what changes from run to run. Error codes stay whole: `ERR_PNPM_OUTDATED_LOCKFILE`, `TS2322`. */
export function wordsOf(line: string): string[] {
  const text = meaningOf(line)
  const words = text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? []
  return words.filter((word) => word.length > 1).slice(0, maxWords)
}

/** The line without what changes from run to run. */
export function meaningOf(line: string): string {
  return maskedText(line)
    .replaceAll(/<[a-z-]+>/g, ' ')
    .trim()
}

/** How rare words are among the wordings of all cases. */
export class WordWeights {
  readonly #lines = new Map<string, number>()
  #total = 0

  add(words: readonly string[], count: 1 | -1 = 1): void {
    this.#total += count
    for (const word of new Set(words)) this.#lines.set(word, Math.max(0, (this.#lines.get(word) ?? 0) + count))
  }

  /** As BM25 weighs: between 0 for a word of every line and about 6 for one of a single line. */
  of(word: string): number {
    const having = this.#lines.get(word) ?? 0
    return Math.log(1 + (this.#total - having + 0.5) / (having + 0.5))
  }
}

export interface WordingMatch {
  /** Weight of the wording's words that the line has, in the same order. */
  weight: number
  /** The same as a share of all the wording's weight, 0 to 1. */
  share: number
}

/** The heaviest common subsequence of words. */
export function matchWording(wording: readonly string[], line: readonly string[], weights: WordWeights): WordingMatch {
  let total = 0
  let above = new Float64Array(line.length + 1)
  for (const word of wording) {
    const weight = weights.of(word)
    total += weight
    const row = new Float64Array(line.length + 1)
    for (let i = 1; i <= line.length; i++) {
      row[i] = line[i - 1] === word ? above[i - 1]! + weight : Math.max(above[i]!, row[i - 1]!)
    }
    above = row
  }
  const weight = above[line.length]!
  return { weight, share: total === 0 ? 0 : weight / total }
}
