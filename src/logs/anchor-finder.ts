// Error anchors: the lines that rules recognize as failures. Lines are offered in their order, once; what is kept is
// bounded, whatever the log.

import type { LogRule } from './rule.ts'
import type { RuleSet } from './rule-set.ts'
import { RunStructure } from './run-structure.ts'

export interface Anchor {
  /** Index of the line, 0-based. */
  index: number
  rule: LogRule
  groups: string[]
  /** Where the match begins in the line's body. */
  column: number
  score: number
}

/** Matches kept of one rule: the first ones and the last ones. A rule that matches more says little by each of them. */
const maxPerRule = 60

export class AnchorFinder {
  readonly run = new RunStructure()
  readonly #byRule = new Map<LogRule, Anchor[]>()

  constructor(readonly rules: RuleSet) {}

  add(index: number, body: string): void {
    if (this.run.add(index, body)) return
    const match = this.rules.match(body)
    if (match === null) return
    const anchors = this.#byRule.get(match.rule) ?? []
    this.#byRule.set(match.rule, anchors)
    // The groups are slices of the line; kept, they would keep a line of megabytes.
    const groups = body.length > 4096 ? match.groups.map((group) => Buffer.from(group).toString()) : match.groups
    anchors.push({ index, rule: match.rule, groups, column: match.column, score: match.rule.weight })
    if (anchors.length > maxPerRule) anchors.splice(maxPerRule / 2, 1)
  }

  /** Those of each rule, in the order of the log. */
  get found(): Anchor[][] {
    return [...this.#byRule.values()]
  }
}
