// Test runners of native code: GoogleTest, CTest, Catch2, Boost.Test, Meson.

import type { LogRule } from '../rule.ts'

const test = { category: 'test', phase: 'test', severity: 'high' } as const

export const nativeTestRules: LogRule[] = [
  {
    ...test,
    id: 'gtest/check',
    hints: [': failure'],
    pattern: /^(\S{1,300}):(\d{1,6}): Failure$/,
    role: 'cause',
    weight: 84,
    below: { while: /^(?!\[)\S|^\s+\S/, max: 8 },
    statement: 'A check in $1, line $2, failed.',
    examples: {
      positive: ['/src/cart_test.cc:31: Failure'],
      nearMiss: ['[  FAILED  ] CartTest.Adds (0 ms)', 'result: Failure'],
    },
  },
  {
    ...test,
    id: 'gtest/failed',
    hints: ['[  failed  ]'],
    pattern: /^\[ {2}FAILED {2}\] ((?!\d)[\w./]{1,200})/,
    role: 'symptom',
    weight: 70,
    statement: 'The test $1 failed.',
    examples: { positive: ['[  FAILED  ] CartTest.Adds (0 ms)'], nearMiss: ['[       OK ] CartTest.Adds (0 ms)'] },
  },
  {
    ...test,
    id: 'catch/failed',
    hints: [': failed:'],
    pattern: /^(\S{1,300}):(\d{1,6}): FAILED:/,
    role: 'cause',
    weight: 84,
    below: { while: /^\s+\S|^with expansion:|^due to|^$/, max: 8 },
    statement: 'A check in $1, line $2, failed.',
    examples: { positive: ['/src/cart_test.cpp:14: FAILED:'], nearMiss: ['/src/cart_test.cpp:14: PASSED:'] },
  },
  {
    ...test,
    id: 'boost-test/check',
    hints: ['error: in "'],
    pattern: /^(\S{1,300})\((\d{1,6})\): (?:fatal )?error: in "(.{1,200})": (.{1,400})/,
    role: 'cause',
    weight: 86,
    statement: 'The test $3 failed in $1, line $2: $4',
    examples: {
      positive: ['t.cpp(6): error: in "fft/inverse_of_forward": check n == 15 has failed [16 != 15]'],
      nearMiss: ['t.cpp(6): info: check n == 15 has passed', 't.cpp(6): error: expected a type'],
    },
  },
  {
    ...test,
    id: 'meson/test',
    hints: ['fail ', 'timeout ', 'error '],
    pattern: /^\s*\d{1,5}\/\d{1,5} (\S.{0,200}?)\s+(FAIL|TIMEOUT|ERROR)\s+\d/,
    role: 'cause',
    weight: 82,
    statement: 'The test $1 ended as $2.',
    examples: {
      positive: ['17/40 filter_17 FAIL            0.02s   exit status 1'],
      nearMiss: ['16/40 filter_16 OK              0.02s', '17/40 filter_17 RUNNING'],
    },
  },
  {
    ...test,
    id: 'ctest/failed',
    hints: ['***'],
    pattern: /^\s*\d{1,6}\/\d{1,6} Test\s+#\d{1,6}: (\S{1,200}) [.\s]{0,200}\*{3}(Failed|Exception|Timeout|Not Run)/,
    role: 'cause',
    weight: 84,
    below: { while: /^(?!\s+Start\s|\s*\d+\/\d+ Test|\d+% tests)\S.{0,300}$/, max: 5 },
    statement: 'The test $1 ended as $2.',
    fixes: [{ action: 'Run the test alone with its output.', command: 'ctest -R $1 --output-on-failure', risk: 'low' }],
    examples: {
      positive: ['2/4 Test #2: cart_adds ........................***Failed    0.01 sec'],
      nearMiss: ['1/4 Test #1: cart_opens .......................   Passed    0.01 sec'],
    },
  },
  {
    ...test,
    id: 'ctest/summary',
    hints: ['tests passed', 'failed test', 'errors while running ctest', 'the following tests failed'],
    pattern:
      /% tests passed, [1-9]\d* tests failed|Errors while running CTest|The following tests FAILED|^\s*[1-9]\d* FAILED TESTS?$/,
    role: 'wrapper',
    weight: 28,
    examples: {
      positive: ['75% tests passed, 1 tests failed out of 4', ' 1 FAILED TEST'],
      nearMiss: ['100% tests passed, 0 tests failed out of 4'],
    },
  },
]
