// The rules in the form that looks at lines: one pass finds which hints a line has, and it is tried only against the
// rules that ask for them.

import { HintFinder } from './hint-finder.ts'
import type { LogRule } from './rule.ts'
import { coreRules } from './rules/core-rules.ts'

/** Longer lines are looked at through a window of this many characters, so that no rule sees more. */
export const maxRuleLength = 2048

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
  /** Those that say most first. */
  readonly rules: LogRule[]
  readonly #hints: HintFinder
  /** Of each hint, the rules that ask for it, as indexes into `rules`. */
  readonly #rulesOfHint: number[][]

  constructor(rules: LogRule[]) {
    this.rules = rules.toSorted((a, b) => precedence(b) - precedence(a))
    const names = [...new Set(rules.flatMap((rule) => rule.hints))]
    this.#hints = new HintFinder(names)
    this.#rulesOfHint = names.map((name) =>
      this.rules.flatMap((rule, index) => (rule.hints.includes(name) ? [index] : [])),
    )
  }

  /** The rule that says most about the line: a cause before a wrapper before a symptom, then the heaviest; or null. */
  match(body: string): RuleMatch | null {
    const start = windowStart(body)
    const text = body.length <= maxRuleLength ? body : body.slice(start, start + maxRuleLength)
    const found = this.#hints.find(text)
    if (found.length === 0) return null
    const candidates = new Set(found.flatMap((hint) => this.#rulesOfHint[hint]!))
    for (const index of [...candidates].sort((a, b) => a - b)) {
      const rule = this.rules[index]!
      const match = matchOf(rule, text)
      if (match === null || rule.unless?.test(text) === true) continue
      return { rule, groups: match.map((group) => group ?? ''), column: start + match.index }
    }
    return null
  }
}

function matchOf({ pattern, ignore }: LogRule, text: string): RegExpExecArray | null {
  if (ignore === undefined) return pattern.exec(text)
  // Blanked words leave the places of the others; the groups are those of the line as it is.
  const match = pattern.exec(text.replace(ignore, (word) => ' '.repeat(word.length)))
  return match === null ? null : (pattern.exec(text) ?? match)
}

/** What a rule of some tool knows, a wrapper included, comes before what the general rules see in the line. */
function precedence({ role, weight, general }: LogRule): number {
  return weight + { cause: 2000, wrapper: 1000, symptom: general === true ? -1000 : 0 }[role]
}

function windowStart(body: string): number {
  if (body.length <= maxRuleLength) return 0
  const at = body.search(strongWord)
  return at < maxRuleLength / 2 ? 0 : at - 200
}

/** The rules that come with this program. */
export const coreRuleSet = new RuleSet(coreRules)
