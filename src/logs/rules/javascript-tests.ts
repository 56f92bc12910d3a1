// jest, vitest, mocha, node:test and Playwright.

import type { LogRule } from '../rule.ts'

const test = { category: 'test', phase: 'test', severity: 'high' } as const

export const javaScriptTestRules: LogRule[] = [
  {
    ...test,
    id: 'jest/test-title',
    hints: ['● '],
    pattern: /^\s*● (?!Console|Deprecation|Validation)(.{1,300})/,
    role: 'cause',
    weight: 78,
    below: { while: /^\s+\S|^$/, max: 16 },
    statement: 'The test "$1" failed.',
    examples: {
      positive: ['  ● cart › adds the prices', '  ● Test suite failed to run'],
      nearMiss: ['  ● Console', '  ✓ cart adds the prices'],
    },
  },
  {
    ...test,
    id: 'vitest/fail',
    hints: ['fail '],
    pattern: /^\s*(?:❯ )?FAIL\s{1,4}(?:\|?[\w-]{1,40}\|? )?(\S{1,200}\.[cm]?[jt]sx?)(?: > (.{1,300}))?/,
    role: 'symptom',
    weight: 74,
    below: { while: /^\s*\S*(?:Error|Exception)\b|^\s+\S|^ ?❯|^[-+] /, max: 12 },
    statement: 'The test "$2" in $1 failed.',
    examples: {
      positive: [' FAIL  test/cart.test.ts > cart > adds the prices', 'FAIL src/cart.test.js'],
      nearMiss: [' ✓ test/cart.test.ts (3 tests)', 'FAIL to load'],
    },
  },
  {
    ...test,
    id: 'javascript/assertion',
    hints: ['assertionerror', 'expect(', 'expected'],
    pattern:
      /^\s*(?:AssertionError(?: \[ERR_ASSERTION\])?: |Error: expect\(|expect\(received\)|Error: Timed out .{0,40}expect)(.{0,300})/,
    role: 'cause',
    weight: 77,
    below: { while: /^\s+\S|^$|^[-+] /, max: 10 },
    statement: 'An assertion failed: $1',
    examples: {
      positive: [
        'AssertionError: expected 3 to be 4 // Object.is equality',
        '    expect(received).toBe(expected) // Object.is equality',
      ],
      nearMiss: ['expected output written', 'the AssertionError class'],
    },
  },
  {
    ...test,
    id: 'mocha/failing-test',
    hints: [') '],
    pattern: /^\s{2,4}1\) (\S.{0,300})$/,
    role: 'symptom',
    weight: 60,
    below: { while: /^\s+\S|^$/, max: 12 },
    statement: 'The test "$1" failed.',
    examples: {
      positive: ['  1) cart adds the prices:'],
      nearMiss: ['1) First install the tool', '  2) second failure'],
    },
  },
  {
    ...test,
    id: 'node-test/not-ok',
    hints: ['not ok'],
    pattern: /^\s*not ok \d+ (?:- )?(.{1,300})/,
    unless: /# (?:TODO|SKIP)/i,
    role: 'cause',
    weight: 72,
    below: { while: /^\s+\S/, max: 14 },
    statement: 'The test "$1" failed.',
    examples: {
      positive: ['not ok 3 - adds the prices', '    not ok 1 - rejects an empty cart'],
      nearMiss: ['ok 3 - adds the prices', 'not ok 4 - later # TODO'],
    },
  },
  {
    ...test,
    id: 'javascript/tests-summary',
    hints: ['failed', 'failing'],
    pattern:
      /^\s*Tests?:?\s+(?:.{0,60}\s)?[1-9]\d* failed|^\s*Test (?:Suites|Files):?\s+[1-9]\d* failed|^\s+[1-9]\d* failing$/,
    role: 'wrapper',
    weight: 28,
    examples: {
      positive: ['Tests:       1 failed, 3 passed, 4 total', ' Test Files  1 failed (1)', '  2 failing'],
      nearMiss: ['Tests:       4 passed, 4 total', '  0 failing'],
    },
  },
]
