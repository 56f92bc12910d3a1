// Runs the analysis and both baselines over a half of the set.

import { fileURLToPath } from 'node:url'
import { coreRuleSet, RuleSet } from '../src/logs/rule-set.ts'
import { ciRules } from '../src/logs/rules/ci.ts'
import { genericRules } from '../src/logs/rules/generic.ts'
import { shapeRules } from '../src/logs/rules/shapes.ts'
import { Tokenizer } from '../src/tokenizer/tokenizer.ts'
import { type Answerer, analysis, firstMention, lastLines } from './answer.ts'
import type { EvalCase, Half } from './case.ts'
import type { HalfResult } from './report.ts'
import { redactedLines, scoreOf, summaryOf } from './score.ts'

/** What the embedded model's context leaves for a log. */
const budgetTokens = 1300

/** What is known of a tool that nobody wrote rules for: how CI systems talk, and what failures look like in general. */
export const generalRuleSet = new RuleSet([...ciRules, ...shapeRules, ...genericRules])

export function embeddedAnalysis(rules: RuleSet = coreRuleSet): Answerer {
  const file = (name: string) => fileURLToPath(new URL(`../models/${name}`, import.meta.url))
  const tokenizer = Tokenizer.load({
    tokenizer: file('tokenizer.json'),
    tokenizerConfig: file('tokenizer_config.json'),
    generationConfig: file('generation_config.json'),
  })
  return analysis((text) => tokenizer.encodePlain(text).length, budgetTokens, rules)
}

export function evaluateHalf(half: Half, all: EvalCase[], analyze: Answerer): HalfResult {
  const cases = all.filter((each) => each.half === half)
  const originals = cases.map(({ log }) => redactedLines(log))
  const contestants = { analysis: analyze, 'last 100 lines': lastLines, 'first mention': firstMention }
  const results = Object.entries(contestants).map(([name, answer]) => {
    const scores = cases.map((each, index) => scoreOf(each, answer(each.log), originals[index]))
    return { name, scores, summary: summaryOf(scores) }
  })
  return { half, cases, scores: results[0]!.scores, summaries: results.map(({ name, summary }) => ({ name, summary })) }
}
