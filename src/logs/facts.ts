// The verdict of the rules in a few lines of plain text, for the prompt: a small model explains better than it searches.

import type { Diagnosis } from './analysis.ts'

const maxFactLength = 240

/** The facts, most important first, as many as the budget takes. Empty for a clean log or a tiny budget. */
export function factsOf(diagnosis: Diagnosis, budgetTokens: number, countTokens: (text: string) => number): string {
  const cause = diagnosis.root_cause
  if (cause === null) return ''
  const [first] = cause.evidence
  const candidates = [
    `Root cause: ${cause.statement}`,
    first === undefined ? '' : `Failing lines: ${first.line_start}-${first.line_end}`,
    `Severity: ${diagnosis.severity}. Category: ${diagnosis.category}. Confidence: ${cause.confidence}.`,
    ...diagnosis.fixes.map(
      (fix) => `Known fix: ${fix.action}${fix.command === undefined ? '' : ` Command: ${fix.command}`}`,
    ),
    ...diagnosis.contributing.map((text) => `Also seen: ${text}`),
  ]
  let facts = ''
  for (const candidate of candidates) {
    if (candidate === '') continue
    const line = candidate.length > maxFactLength ? `${candidate.slice(0, maxFactLength).toWellFormed()}...` : candidate
    const more = facts === '' ? line : `${facts}\n${line}`
    if (countTokens(more) > budgetTokens) break
    facts = more
  }
  return facts
}
