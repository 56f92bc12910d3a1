import { describe, expect, it } from 'vitest'
import { RuleSet } from '../../src/logs/rule-set.ts'
import { coreRules } from '../../src/logs/rules/core-rules.ts'

describe.each(coreRules.map((rule) => [rule.id, rule] as const))('the rule %s', (_, rule) => {
  const alone = new RuleSet([rule])

  it.each(rule.examples.positive)('finds the failure in: %s', (line) => {
    expect(alone.match(line)?.rule.id).toBe(rule.id)
  })

  it.each(rule.examples.nearMiss)('leaves alone: %s', (line) => {
    expect(alone.match(line)).toBeNull()
  })
})

describe('the rules together', () => {
  it('have unique ids', () => {
    expect(new Set(coreRules.map((rule) => rule.id)).size).toBe(coreRules.length)
  })

  it('have at least one positive example and one near miss each', () => {
    for (const { id, examples } of coreRules) {
      expect(examples.positive.length, id).toBeGreaterThan(0)
      expect(examples.nearMiss.length, id).toBeGreaterThan(0)
    }
  })

  it('have lowercase hints, since lines are lowered before they are searched', () => {
    for (const { id, hints } of coreRules) {
      expect(hints.length, id).toBeGreaterThan(0)
      expect(hints, id).toEqual(hints.map((hint) => hint.toLowerCase()))
    }
  })

  it('keep weights in the band of their role', () => {
    const bands = { cause: [60, 95], symptom: [35, 75], wrapper: [10, 34] } as const
    for (const { id, role, weight } of coreRules) {
      expect(weight, id).toBeGreaterThanOrEqual(bands[role][0])
      expect(weight, id).toBeLessThanOrEqual(bands[role][1])
    }
  })

  it('fill only groups that their pattern has', () => {
    for (const { id, pattern, statement = '', fixes = [] } of coreRules) {
      const groups = new RegExp(`${pattern.source}|`).exec('')!.length - 1
      const templates = [statement, ...fixes.flatMap((fix) => [fix.action, fix.command ?? ''])]
      for (const [, digit] of templates.join(' ').matchAll(/\$(\d)/g))
        expect(Number(digit), id).toBeLessThanOrEqual(groups)
    }
  })

  it.each(hostileLines())('look at any line in linear time: %s', (_, line) => {
    // 400 such lines would take hours if any pattern backtracked badly; the test's own timeout is the judge.
    const rules = new RuleSet(coreRules)
    for (let i = 0; i < 400; i++) rules.match(line)
  })
})

/** Lines that provoke backtracking: long runs of whatever a pattern may repeat, each after what starts the patterns. */
function hostileLines(): [string, string][] {
  const runs = [
    'a',
    ' ',
    'a.',
    'A',
    '/a',
    ':',
    '1:',
    '> ',
    "'",
    '\t',
    'Aa',
    'a-',
    '. at ',
    'error ',
    'error: ',
    'Caused by: ',
  ]
  const starts = [
    '',
    'error: ',
    'fatal: ',
    'FAILED ',
    'Exception ',
    'timed out ',
    'waiting ',
    '[ERROR] ',
    'npm ERR! ',
    'not found ',
  ]
  return starts.flatMap((start) => runs.map((run): [string, string] => [`${start}${run}...`, start + run.repeat(2048)]))
}
