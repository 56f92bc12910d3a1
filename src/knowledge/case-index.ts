// Finding cases among those of one process: BM25 proposes, the wording decides. Nothing below the bounds is cited: a
// case that does not belong to a failure is worse than none.

import MiniSearch from 'minisearch'
import type { KnowledgeCase } from './case.ts'
import { matchWording, type WordWeights, wordsOf } from './wording.ts'

/** Of a wording's weight, what a line must have. */
const minShare = 0.72
/** What the common words must weigh: two rare words, or several usual ones. */
const minWeight = 7
/** One word is enough where it is the whole wording and names nothing else: `OOMKilled`, `ERESOLVE`. */
const minSingleWord = 7
/** Candidates whose wording is looked at. */
const maxCandidates = 40
/** What a line around the failing one counts. */
const laterLine = 0.9

interface Entry {
  id: string
  case: KnowledgeCase
  wordings: string[][]
}

export interface Match {
  case: KnowledgeCase
  score: number
}

export class CaseIndex {
  readonly #entries = new Map<string, Entry>()
  readonly #bySignature = new Map<string, string[]>()
  readonly #weights: WordWeights
  readonly #search = new MiniSearch<Entry>({
    fields: ['text', 'title', 'tags', 'cause'],
    extractField: (entry, field) => {
      if (field === 'id') return entry.id
      const value = entry.case[field as 'text' | 'title' | 'tags' | 'cause']
      return typeof value === 'string' ? value : value.join(' ')
    },
    tokenize: (text) => text.split('\n').flatMap(wordsOf),
    searchOptions: { boost: { text: 3, title: 2, tags: 2 } },
  })

  /** @param weights shared by indexes whose scores are compared */
  constructor(weights: WordWeights) {
    this.#weights = weights
  }

  get(id: string): KnowledgeCase | undefined {
    return this.#entries.get(id)?.case
  }

  all(): KnowledgeCase[] {
    return [...this.#entries.values()].map((entry) => entry.case)
  }

  clear(): void {
    for (const id of [...this.#entries.keys()]) this.remove(id)
  }

  /** Adds a case, or puts it in the place of the one with its id. */
  put(each: KnowledgeCase): void {
    this.remove(each.id)
    const wordings = each.text
      .split('\n')
      .map(wordsOf)
      .filter((words) => words.length > 0)
    const entry = { id: each.id, case: each, wordings }
    this.#entries.set(each.id, entry)
    for (const words of wordings) this.#weights.add(words)
    this.#search.add(entry)
    if (each.signature !== undefined) {
      this.#bySignature.set(each.signature, [...(this.#bySignature.get(each.signature) ?? []), each.id])
    }
  }

  remove(id: string): void {
    const entry = this.#entries.get(id)
    if (!entry) return
    this.#entries.delete(id)
    for (const words of entry.wordings) this.#weights.add(words, -1)
    this.#search.remove(entry)
    const { signature } = entry.case
    if (signature === undefined) return
    const others = (this.#bySignature.get(signature) ?? []).filter((other) => other !== id)
    if (others.length > 0) this.#bySignature.set(signature, others)
    else this.#bySignature.delete(signature)
  }

  withSignature(signature: string): KnowledgeCase[] {
    return (this.#bySignature.get(signature) ?? []).map((id) => this.#entries.get(id)!.case)
  }

  /**
   * The cases whose wording one of the lines has. The first line counts most: it is the failing one.
   * @param trust of a case, from 0 (never cited) to 1
   */
  match(lines: readonly string[], trust: (each: KnowledgeCase) => number): Match[] {
    const best = new Map<string, Match>()
    lines.forEach((line, index) => {
      const words = wordsOf(line)
      for (const entry of this.#candidates(words)) {
        const score = trust(entry.case) * this.#scoreOf(entry, words) * (index === 0 ? 1 : laterLine)
        if (score > (best.get(entry.id)?.score ?? 0)) best.set(entry.id, { case: entry.case, score })
      }
    })
    return [...best.values()]
  }

  /** Free search for people: any of the words, also their beginnings and with a typo. */
  search(query: string): Match[] {
    return this.#search
      .search(query.slice(0, 500), {
        prefix: (term) => term.length > 2,
        fuzzy: (term) => (term.length > 4 ? 0.2 : false),
      })
      .map(({ id, score }) => ({ case: this.#entries.get(id as string)!.case, score }))
  }

  #candidates(words: string[]): Entry[] {
    if (words.length === 0) return []
    return this.#search
      .search({ queries: [...new Set(words)], combineWith: 'OR', fields: ['text'] })
      .slice(0, maxCandidates)
      .map(({ id }) => this.#entries.get(id as string)!)
  }

  /** 0 where no wording is met; else how much of the line the best one explains. */
  #scoreOf(entry: Entry, line: string[]): number {
    let best = 0
    for (const wording of entry.wordings) {
      const { weight, share } = matchWording(wording, line, this.#weights)
      const single = wording.length === 1 && share === 1 && wording[0]!.length >= minSingleWord
      if (!single && (share < minShare || weight < minWeight)) continue
      best = Math.max(best, weight * share)
    }
    return best
  }
}
