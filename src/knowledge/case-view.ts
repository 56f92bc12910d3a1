// One scope's cases as this process holds them, brought up to date by the version in Redis. Only what has changed is
// indexed again.

import type { KnowledgeCase } from './case.ts'
import { CaseIndex } from './case-index.ts'
import { type CaseStore, parseCase, sharedScope } from './case-store.ts'
import type { WordWeights } from './wording.ts'

/** Votes against a case, less those for it, after which it is cited no more. */
const mostAgainst = 2

export class CaseView {
  readonly scope: string
  readonly index: CaseIndex
  readonly #store: CaseStore | null
  readonly #seeds: readonly KnowledgeCase[]
  #version: string | null = null
  #json = new Map<string, string>()
  #votes = new Map<string, number>()
  #refreshing: Promise<void> | null = null

  constructor(scope: string, store: CaseStore | null, weights: WordWeights, seeds: readonly KnowledgeCase[]) {
    this.scope = scope
    this.#store = store
    this.#seeds = scope === sharedScope ? seeds : []
    this.index = new CaseIndex(weights)
    for (const each of this.#seeds) this.index.put(each)
  }

  /** Calls at the same time share one look at Redis. */
  async refresh(): Promise<void> {
    this.#refreshing ??= this.#load().finally(() => {
      this.#refreshing = null
    })
    await this.#refreshing
  }

  votesFor(id: string): number {
    return this.#votes.get(id) ?? 0
  }

  async #load(): Promise<void> {
    const content = await this.#store?.load(this.scope, this.#version)
    if (!content) return
    for (const id of this.#json.keys()) if (content.cases[id] === undefined) this.#drop(id)
    for (const [id, json] of Object.entries(content.cases)) {
      if (this.#json.get(id) === json) continue
      const parsed = parseCase(id, json)
      if (parsed === null) this.#drop(id)
      else {
        this.index.put(parsed)
        this.#json.set(id, json)
      }
    }
    const removed = new Set(content.removed)
    for (const seed of this.#seeds) {
      if (removed.has(seed.id)) this.index.remove(seed.id)
      else if (this.index.get(seed.id) === undefined) this.index.put(seed)
    }
    this.#votes = content.votes
    this.#version = content.version
  }

  #drop(id: string): void {
    this.#json.delete(id)
    this.index.remove(id)
  }
}

/** How much a case with these votes counts: 0 is never cited. */
export function trustIn(votes: number): number {
  if (votes >= 0) return 1
  return votes <= -mostAgainst ? 0 : 0.8
}
