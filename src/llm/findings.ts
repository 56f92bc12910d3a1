// What rules and cases say, in words: the beginning of every explanation, whatever a model adds to it.

import type { Analysis, Diagnosis, Evidence } from '../logs/analysis.ts'

type Findings = Diagnosis & Pick<Analysis, 'known_case' | 'similar_cases'>

const shownFixes = 3

export function findingsText(findings: Findings): string {
  const { root_cause: cause, fixes, known_case: known, similar_cases: similar } = findings
  if (cause === null) return findings.summary
  const [first] = cause.evidence
  const paragraphs = [
    `Root cause: ${sentence(cause.statement)}${first === undefined ? '' : ` See ${placeOf(first)}.`}`,
    `Severity: ${findings.severity} (${findings.category}, ${findings.phase}).`,
    known === null ? '' : `Known case: ${sentence(known.title)} ${timesSeen(known.seen)}`,
    known === null && similar[0] ? similarText(similar[0]) : '',
    fixes.length === 0 ? '' : `Suggested fixes:\n${fixes.slice(0, shownFixes).map(fixText).join('\n')}`,
  ]
  return paragraphs.filter((each) => each !== '').join('\n')
}

function placeOf({ line_start: start, line_end: end }: Evidence): string {
  return start === end ? `line ${start} of the log` : `lines ${start}-${end} of the log`
}

/** Words that are the case's own make it the reason; of one that means something alike people may judge. */
function similarText({ title, cause, matched }: Findings['similar_cases'][number]): string {
  return matched.includes('wording')
    ? `Usual reason: ${sentence(cause)}`
    : `Perhaps alike: ${sentence(title)} ${sentence(cause)}`
}

function timesSeen(seen: number): string {
  if (seen === 0) return 'It was reported before.'
  return `Its failure was seen ${seen === 1 ? 'once' : `${seen} times`} before.`
}

function fixText({ action, command }: Diagnosis['fixes'][number]): string {
  return `- ${sentence(action)}${command === undefined ? '' : ` \`${command}\``}`
}

function sentence(text: string): string {
  const trimmed = text.trim()
  return /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`
}
