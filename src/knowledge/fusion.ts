// Two rankings to one, by reciprocal rank (Cormack, Clarke, Buettcher: Reciprocal Rank Fusion, SIGIR 2009): scores of
// different kinds can't be compared, places can.

import type { KnowledgeCase, SimilarCase } from './case.ts'

/** The paper's constant: how little the first places differ. */
const k = 60

/** Every case once, the best first, with the rankings that have it. At a tie the wording's comes first. */
export function fused(rankings: Record<SimilarCase['matched'][number], readonly KnowledgeCase[]>): SimilarCase[] {
  const byId = new Map<string, { case: KnowledgeCase; matched: SimilarCase['matched']; score: number }>()
  for (const how of ['wording', 'meaning'] as const) {
    for (const [place, each] of rankings[how].entries()) {
      const entry = byId.get(each.id) ?? { case: each, matched: [], score: 0 }
      entry.matched.push(how)
      entry.score += 1 / (k + place + 1)
      byId.set(each.id, entry)
    }
  }
  const sorted = [...byId.values()].sort((a, b) => b.score - a.score)
  return sorted.map(({ case: each, matched }) => ({ ...each, matched }))
}
