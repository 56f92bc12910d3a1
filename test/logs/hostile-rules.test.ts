// Lines made against each rule: the beginnings of its own examples, followed by long runs of what its patterns repeat.
// Time may grow with the line, not faster. A pattern that backtracks badly grows 16-fold or more from 512 characters to
// 2048, the longest that a rule is shown; what is quicker than a floor is not judged, so a busy machine can't fail it.

import { describe, expect, it } from 'vitest'
import { filled, hostileLines } from '../../src/logs/hostile-lines.ts'
import type { LogRule } from '../../src/logs/rule.ts'
import { coreRules } from '../../src/logs/rules/core-rules.ts'
import { personalRules, secretRules } from '../../src/logs/secret-rules.ts'

const floorMs = 5
const mostGrowth = 10

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
  for (const pattern of patterns) {
    for (const hostile of hostileLines(pattern, examples)) {
      const long = fastest(pattern, filled(hostile, 2048))
      if (long <= floorMs) continue
      const short = fastest(pattern, filled(hostile, 512))
      if (long > mostGrowth * short)
        found.push(`${hostile.start.slice(0, 40)} + ${hostile.run.slice(0, 20)}...: ${short} ms, ${long} ms`)
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
