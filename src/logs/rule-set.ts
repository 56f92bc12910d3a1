// The rules in the form that looks at lines: a line costs one search for any hint, and only a line that has one is
// tried against the rules that ask for it.

import type { LogRule } from './rule.ts'
import { coreRules } from './rules/core-rules.ts'

/** Longer lines are looked at through a window of this many characters, so that no rule sees more. */
const maxRuleLength = 2048

/** Where in a huge line a failure is announced. */
const strongWord = /\b(?:fatal|panic|exception|traceback|error|failed|failure)\b/i

export interface RuleMatch {
  rule: LogRule
  /** The pattern's groups, the whole match first. */
  groups: string[]
  /** Where the match begins in the line. */
  column: number
}

export class RuleSet {
  readonly #anyHint: RegExp

  constructor(readonly rules: LogRule[]) {
    const hints = [...new Set(rules.flatMap((rule) => rule.hints))]
    this.#anyHint = new RegExp(hints.map((hint) => hint.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|'), 'i')
  }

  /** The rule that says most about the line: a cause before a wrapper before a symptom, then the heaviest; or null. */
  match(body: string): RuleMatch | null {
    const start = windowStart(body)
    const text = body.length <= maxRuleLength ? body : body.slice(start, start + maxRuleLength)
    if (!this.#anyHint.test(text)) return null
    const lower = text.toLowerCase()
    let best: RuleMatch | null = null
    for (const rule of this.rules) {
      if (best !== null && precedence(best.rule) >= precedence(rule)) continue
      if (!rule.hints.some((hint) => lower.includes(hint))) continue
      const found = rule.pattern.exec(text)
      if (found === null || rule.unless?.test(text) === true) continue
      best = { rule, groups: found.map((group) => group ?? ''), column: start + found.index }
    }
    return best
  }
}

/** A line that a wrapper rule knows is noise, however it would look to the general rules. */
function precedence({ role, weight }: LogRule): number {
  return weight + { cause: 2000, wrapper: 1000, symptom: 0 }[role]
}

function windowStart(body: string): number {
  if (body.length <= maxRuleLength) return 0
  const at = body.search(strongWord)
  return at < maxRuleLength / 2 ? 0 : at - 200
}

/** The rules that come with this program. */
export const coreRuleSet = new RuleSet(coreRules)
