// Error anchors: the lines that rules recognize as failures, ranked so that the one a person would point at is first.
// A rule's weight says how telling it is; where the line stands in the log moves it a little.

import type { LogLine } from './log-line.ts'
import type { LogRule } from './rule.ts'
import type { RuleSet } from './rule-set.ts'

export interface Anchor {
  /** Index into the lines, 0-based. */
  index: number
  rule: LogRule
  groups: string[]
  /** Where the match begins in the line's body. */
  column: number
  score: number
}

/** Matches kept of one rule: the first ones and the last ones. A rule that matches more says little by each of them. */
const maxPerRule = 60

/** Chains of exceptions link within this many lines. */
const chainReach = 80

/** What a run prints when it ends well; failures reported before it were not the end of the story. */
const success =
  /\bBUILD SUCCESS(?:FUL)?\b|Finished: SUCCESS|\bJob succeeded\b|completed with exit code 0|\bBuild succeeded\b|^=+ [1-9]\d* passed(?:, \d+ (?:skipped|warnings?|deselected|xfailed|xpassed))* in |^Tests:\s+[1-9]\d* passed, \d+ total|^test result: ok\b|Successfully (?:built|tagged|deployed|rolled out)|deployment .{1,100} successfully rolled out|All (?:tests|checks) passed/

/** The run got over it. */
const recovered =
  /\bretry|\bretrying|\battempt \d+ (?:of|\/) ?\d+|\bwarn(?:ing)?\b|\bignored\b|\bnon-?fatal\b|\bdeprecat/i

/**
 * The anchors of a log, best first.
 * `templateCounts[i]` is how many lines share the template of line i.
 */
export function findAnchors(lines: LogLine[], rules: RuleSet, templateCounts: Uint32Array): Anchor[] {
  const byRule = new Map<LogRule, Anchor[]>()
  let lastSuccess = -1
  for (let index = 0; index < lines.length; index++) {
    const body = lines[index]!.body
    if (body.length < 400 && success.test(body)) lastSuccess = index
    const match = rules.match(body)
    if (match === null) continue
    const anchors = byRule.get(match.rule) ?? []
    byRule.set(match.rule, anchors)
    anchors.push({ index, rule: match.rule, groups: match.groups, column: match.column, score: match.rule.weight })
    if (anchors.length > maxPerRule) anchors.splice(maxPerRule / 2, 1)
  }
  const all = [...byRule.values()].flatMap((anchors) => anchors.map((anchor, nth) => ({ anchor, nth, anchors })))
  for (const { anchor, nth, anchors } of all) {
    anchor.score += placeScore(anchor, lines, templateCounts[anchor.index]!, lastSuccess)
    // The first of a kind is the root, the others are its cascade.
    anchor.score -= Math.min(8, nth)
    const next = anchors[nth + 1]
    if (anchor.rule.lastOfChain === true && next !== undefined && next.index - anchor.index < chainReach)
      anchor.score -= 12
  }
  const scored = all.map(({ anchor }) => anchor).filter((anchor) => anchor.score >= minimumScore)
  const failed = scored.some(({ rule }) => rule.role !== 'symptom' || rule.weight >= tellingWeight)
  return scored
    .filter((anchor) => failed || anchor.index >= Math.min(lines.length * tail, lines.length - 5))
    .sort((a, b) => b.score - a.score || a.index - b.index)
}

/** Symptoms below this show where a failed run went wrong, not that it failed; unless the log ends with them. */
const tellingWeight = 50

/** The end of a log is where it failed. */
const tail = 0.85

/** What is left below this is noise: a log with nothing above it is clean. */
const minimumScore = 12

function placeScore(anchor: Anchor, lines: LogLine[], templateCount: number, lastSuccess: number): number {
  const body = lines[anchor.index]!.body
  let score = 0
  if (recovered.test(body.slice(0, 1000))) score -= 15
  if (anchor.index < lastSuccess) score -= anchor.rule.role === 'cause' ? 30 : 45
  if (anchor.rule.role === 'symptom') {
    // What appears all the time is how this system talks, not why it failed.
    if (templateCount >= 100) score -= 18
    else if (templateCount >= 10) score -= 8
    if (anchor.index >= lines.length * tail) score += 5
  }
  return score
}
