// The knowledge base of one process: the cases of the program and, with a store, those of Redis. Who asks has a scope
// and sees its own cases and everyone's.

import { createHash } from 'node:crypto'
import { type FoundCases, type KnowledgeCase, noCases, type SimilarCase } from './case.ts'
import type { Match } from './case-index.ts'
import { type CaseStore, sharedScope } from './case-store.ts'
import { CaseVectors, type TextVectors } from './case-vectors.ts'
import { CaseView, trustIn } from './case-view.ts'
import { fused } from './fusion.ts'
import { seedCases } from './seed/seed-cases.ts'
import { WordWeights } from './wording.ts'

/** Scopes other than everyone's that a process keeps in memory. */
const maxViews = 100
const maxSimilar = 3
/** Further cases are cited only where they explain nearly as much as the best. */
const minOfBest = 0.6
const maxLines = 40

export interface FailureQuery {
  /** `error_signature` of the analysis. */
  signature: string | null
  /** The failing line, then the lines around it. */
  lines: readonly string[]
}

export interface KnowledgeOptions {
  /** An embedding model, to find cases by meaning too; null, the default: by their wording only. */
  vectors?: TextVectors | null
  /** The model failed; what was searched for was searched by wording only. */
  onError?: (error: Error) => void
}

export class KnowledgeBase {
  readonly #store: CaseStore | null
  readonly #vectors: CaseVectors | null
  readonly #weights = new WordWeights()
  readonly #shared: CaseView
  readonly #own = new Map<string, CaseView>()

  /** @param store null: the cases that come with the program, and no others */
  constructor(store: CaseStore | null, { vectors = null, onError = () => {} }: KnowledgeOptions = {}) {
    this.#store = store
    this.#vectors = vectors && new CaseVectors(vectors, store, onError)
    this.#shared = new CaseView(sharedScope, store, this.#weights, seedCases)
    this.#vectors?.want(sharedScope, seedCases)
  }

  /** Resolves when cases can be found by meaning: a command waits for it, a service goes on without. */
  async ready(): Promise<void> {
    await this.#vectors?.settled()
  }

  stop(): void {
    this.#vectors?.stop()
  }

  /**
   * The cases of a failure, as far as they certainly belong to it.
   * @param count whether this counts as the failure being seen once more
   */
  async find(query: FailureQuery, scope: string, count = false): Promise<FoundCases> {
    const views = await this.#viewsOf(scope)
    const trust = (each: KnowledgeCase) => trustIn(votesIn(views, each.id))
    const known = query.signature === null ? null : knownCase(views, query.signature, trust)
    const lines = query.lines.slice(0, maxLines)
    const others = ({ case: { id } }: { case: KnowledgeCase }) => id !== known?.case.id
    const worded = best(views.flatMap(({ index }) => index.match(lines, trust)).filter(others))
    const near = await this.#near(lines[0] ?? '', views)
    const meant = near.filter((each) => others(each) && trust(each.case) > 0).slice(0, maxSimilar)
    const similar: SimilarCase[] = fused({ wording: worded, meaning: meant.map((each) => each.case) }).slice(
      0,
      maxSimilar,
    )
    if (known === null) return similar.length === 0 ? noCases : { known, similar }
    const seen = count ? await this.#store?.see(known.scope, known.case.id) : 0
    return { known: { case: known.case, seen: seen ?? 0 }, similar }
  }

  /** As people search: all cases that the scope sees, the newest first, or by how well they fit the words. */
  async list(scope: string, words: string | undefined): Promise<KnowledgeCase[]> {
    const views = await this.#viewsOf(scope)
    if (words !== undefined) {
      const found = views.flatMap(({ index }) => index.search(words)).sort((a, b) => b.score - a.score)
      const near = await this.#near(words, views)
      const both = fused({ wording: found.map((match) => match.case), meaning: near.map((each) => each.case) })
      return both.map(({ matched: _, ...each }) => each)
    }
    const time = ({ created_at }: KnowledgeCase) => created_at ?? ''
    return views
      .flatMap(({ index }) => index.all())
      .sort((a, b) => (time(a) < time(b) ? 1 : time(a) > time(b) ? -1 : 0))
  }

  async get(id: string, scope: string): Promise<KnowledgeCase | null> {
    const views = await this.#viewsOf(scope)
    return views.map(({ index }) => index.get(id)).find((found) => found !== undefined) ?? null
  }

  async #viewsOf(scope: string): Promise<CaseView[]> {
    const views = scope === sharedScope ? [this.#shared] : [this.#ownView(scope), this.#shared]
    await Promise.all(views.map((view) => view.refresh()))
    for (const view of views) this.#vectors?.want(view.scope, view.index.all())
    return views
  }

  async #near(text: string, views: CaseView[]) {
    const cases = views.flatMap(({ index }) => index.all())
    return (await this.#vectors?.near(text, cases)) ?? []
  }

  #ownView(scope: string): CaseView {
    const view = this.#own.get(scope) ?? new CaseView(scope, this.#store, this.#weights, [])
    this.#own.delete(scope)
    this.#own.set(scope, view)
    const [oldest] = this.#own
    if (this.#own.size > maxViews && oldest) {
      this.#own.delete(oldest[0])
      oldest[1].index.clear()
    }
    return view
  }
}

/** One's own comes before everyone's. */
function knownCase(views: CaseView[], signature: string, trust: (each: KnowledgeCase) => number) {
  for (const { scope, index } of views) {
    const found = index.withSignature(signature).filter((each) => trust(each) > 0)
    // What somebody said about this very failure comes before what was imported.
    const first = found.find(({ source }) => source === 'feedback') ?? found[0]
    if (first) return { case: first, scope }
  }
  return null
}

function votesIn(views: CaseView[], id: string): number {
  return views.reduce((sum, view) => sum + view.votesFor(id), 0)
}

function best(matches: Match[]): KnowledgeCase[] {
  const sorted = matches.toSorted((a, b) => b.score - a.score || (a.case.id < b.case.id ? -1 : 1))
  const least = (sorted[0]?.score ?? 0) * minOfBest
  return sorted
    .filter(({ score }) => score > 0 && score >= least)
    .slice(0, maxSimilar)
    .map((match) => match.case)
}

/** The same thing said again in a scope is the same case: of an import its title, of feedback the signature says which. */
export function caseId(scope: string, ...sameness: string[]): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([scope, ...sameness]))
    .digest('base64url')
  return `case_${hash.slice(0, 20)}`
}
