// Lines made against each rule: the beginnings of its own examples, followed by long runs of what its patterns repeat.
// Time may grow with the line, not faster. A pattern that backtracks badly grows 16-fold or more from 512 characters to
// 2048, the longest that a rule is shown; what is quicker than a floor is not judged, so a busy machine can't fail it.

import { describe, expect, it } from 'vitest'
import type { LogRule } from '../../src/logs/rule.ts'
import { coreRules } from '../../src/logs/rules/core-rules.ts'
import { personalRules, secretRules } from '../../src/logs/secret-rules.ts'

const floorMs = 5
const mostGrowth = 10

/** Runs of what patterns repeat: letters, digits, blanks, path and name characters, and the example's own pieces. */
const runs = ['a', ' ', '1', '/', '.', '-', ':', 'a.', 'a/', '1:', ' a', "'", '"', '| ']

function hostileLines(examples: string[]): { start: string; run: string }[] {
  return examples.slice(0, 2).flatMap((example) => {
    const words = example.split(/(?<=\W)/).slice(0, 5)
    const starts = ['', ...words.map((_, i) => words.slice(0, i + 1).join(''))]
    const own = [example, ...words.filter((word) => word.trim() !== '').slice(0, 2)]
    return starts.flatMap((start) => [...runs, ...own].map((run) => ({ start, run })))
  })
}

const filled = (start: string, run: string, length: number) => (start + run.repeat(length)).slice(0, length)

function fastest(pattern: RegExp, line: string): number {
  let best = Number.POSITIVE_INFINITY
  for (let i = 0; i < 3 && best > floorMs; i++) {
    const begin = performance.now()
    pattern.lastIndex = 0
    pattern.test(line)
    best = Math.min(best, performance.now() - begin)
  }
  return best
}

/** The lines for which a pattern's time grows too fast. */
function growing(patterns: RegExp[], examples: string[]): string[] {
  const found: string[] = []
  for (const { start, run } of hostileLines(examples)) {
    for (const pattern of patterns) {
      const long = fastest(pattern, filled(start, run, 2048))
      if (long <= floorMs) continue
      const short = fastest(pattern, filled(start, run, 512))
      if (long > mostGrowth * short)
        found.push(`${start.slice(0, 40)} + ${run.slice(0, 20)}...: ${short} ms, ${long} ms`)
    }
  }
  return found
}

function patternsOf({ pattern, unless, above, below }: LogRule): RegExp[] {
  return [pattern, unless, above?.while, below?.while].filter((each) => each !== undefined)
}

describe('no line makes a pattern slow', () => {
  it.each(coreRules.map((rule) => [rule.id, rule] as const))('of the rule %s', (_, rule) => {
    expect(growing(patternsOf(rule), [...rule.examples.positive, ...rule.examples.nearMiss])).toEqual([])
  })

  it.each(
    [...secretRules, ...Object.values(personalRules).flat()].map((rule, i) => [`${rule.id} (${i})`, rule] as const),
  )('of the secret rule %s', (_, { hints, pattern }) => {
    const examples = hints.flatMap((hint) => [
      `${hint}="value"`,
      ` ${hint.toUpperCase()} aB3dE5gH7jK9`,
      `https://${hint}:x@y`,
    ])
    expect(growing([pattern], examples)).toEqual([])
  })
})
