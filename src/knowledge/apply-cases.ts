// What the cases add to the verdict of the rules: fixes, links, and of a case that a person has corrected its cause.
// They never touch the evidence. What only means something like it is cited, and changes nothing.

import type { Analysis, Diagnosis, Fix, Reference } from '../logs/analysis.ts'
import type { FoundCases, KnowledgeCase } from './case.ts'

const maxFixes = 6
const maxReferences = 8

type Cited = Pick<Analysis, 'known_case' | 'similar_cases'>

export function applyCases(diagnosis: Diagnosis, { known, similar }: FoundCases): Diagnosis & Cited {
  const cited: Cited = {
    known_case: known && { id: known.case.id, title: known.case.title, seen: known.seen },
    similar_cases: similar.map(({ id, title, cause, matched }) => ({ id, title, cause, matched })),
  }
  if (diagnosis.root_cause === null) return { ...diagnosis, ...cited }
  const told = known === null ? diagnosis : withKnown(diagnosis, known.case)
  const nearest = similar.find(({ matched }) => matched.includes('wording'))
  const cases = [...(known ? [known.case] : []), ...(nearest ? [nearest] : [])]
  return {
    ...told,
    category: told.category === 'unknown' && nearest ? nearest.category : told.category,
    fixes: merged([...(known?.case.fixes ?? []), ...diagnosis.fixes, ...(nearest?.fixes ?? [])]),
    references: distinct([...diagnosis.references, ...cases.flatMap(linksOf)]),
    ...cited,
  }
}

function withKnown(diagnosis: Diagnosis, { cause, category, verdict }: KnowledgeCase): Diagnosis {
  const root = diagnosis.root_cause!
  if (verdict === 'confirmed') return { ...diagnosis, root_cause: { ...root, confidence: 'high' } }
  return {
    ...diagnosis,
    summary: cause,
    category: category === 'unknown' ? diagnosis.category : category,
    root_cause: { ...root, statement: cause, confidence: 'high' },
  }
}

function merged(fixes: readonly Fix[]): Fix[] {
  const kept: Fix[] = []
  for (const fix of fixes) {
    const same = (other: Fix) =>
      other.action === fix.action || (fix.command !== undefined && other.command === fix.command)
    if (!kept.some(same)) kept.push(fix)
  }
  return kept.slice(0, maxFixes)
}

const linksOf = ({ links }: KnowledgeCase): Reference[] => links.map((link) => ({ ...link, source: 'knowledge' }))

function distinct(references: readonly Reference[]): Reference[] {
  const urls = new Set<string>()
  const first = references.filter(({ url }) => !urls.has(url) && urls.add(url))
  return first.slice(0, maxReferences)
}
