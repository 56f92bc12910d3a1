import { describe, expect, it } from 'vitest'
import { TestUnits } from '../../src/logs/test-units.ts'
import { reduced } from './reduced-fixture.ts'

const noise = [
  'ERROR store failed: disk full',
  'java.io.IOException: no space left on device',
  '\tat org.example.Store',
]

/** Of each runner: how a test begins, how it says that it passed, how that it failed. */
const runners: [string, string, string, string][] = [
  [
    'Surefire',
    '[INFO] Running org.example.StoreTest',
    '[INFO] Tests run: 2, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 0.1 s -- in org.example.StoreTest',
    '[ERROR] Tests run: 2, Failures: 1, Errors: 0, Skipped: 0, Time elapsed: 0.1 s <<< FAILURE! -- in org.example.StoreTest',
  ],
  ['GoogleTest', '[ RUN      ] Store.Writes', '[       OK ] Store.Writes (1 ms)', '[  FAILED  ] Store.Writes (1 ms)'],
  ['go test', '=== RUN   TestStore', '--- PASS: TestStore (0.00s)', '--- FAIL: TestStore (0.00s)'],
  [
    'ctest',
    '      Start  7: store',
    ' 7/40 Test  #7: store ....   Passed    0.02 sec',
    ' 7/40 Test  #7: store ....***Failed    0.02 sec',
  ],
  ['pytest', 'tests/test_store.py::test_writes ', 'PASSED               [ 12%]', 'FAILED               [ 12%]'],
  ['unittest', 'test_writes (test_store.StoreTest) ... ', 'ok', 'FAIL'],
  [
    'Gecko',
    'TEST-START | dom/test_store.html',
    'TEST-OK | dom/test_store.html | took 12ms',
    'TEST-UNEXPECTED-FAIL | dom/test_store.html | got 1',
  ],
  ['Gradle', 'StoreTest > writes STANDARD_ERR', 'StoreTest > writes PASSED', 'StoreTest > writes FAILED'],
]

function marksOf(lines: string[]): boolean[] {
  const units = new TestUnits()
  for (const [index, line] of lines.entries()) units.add(index, line)
  return lines.map((_, index) => units.passedAt(index))
}

describe('the output of a test', () => {
  it.each(runners)('of %s is known as such when the test has passed, and only then', (_, start, passed, failed) => {
    expect(marksOf([start, ...noise, passed]).slice(1, 4)).toEqual([true, true, true])
    expect(marksOf([start, ...noise, failed]).slice(1, 4)).toEqual([false, false, false])
    expect(marksOf([start, ...noise]).slice(1, 4)).toEqual([false, false, false])
  })

  it('is known in one line too, and the failed test between two of them is none', () => {
    const lines = [
      'tests/test_store.py::test_reads[a b] PASSED            [ 97%]',
      'tests/test_store.py::test_writes FAILED                [ 98%]',
      'tests/test_store.py::test_syncs SKIPPED (needs postgres: connection refused) [ 99%]',
      'tests/test_store.py::test_rounds XFAIL (known)         [100%]',
      'SKIPPED [3] tests/test_store.py:12: needs postgres: connection refused',
      'FAILED tests/test_store.py::test_writes - OSError: connection refused',
    ]
    expect(marksOf(lines)).toEqual([true, false, true, true, true, false])
  })

  it('ends with the test: what follows belongs to no test', () => {
    const [, start, passed] = runners[0]!
    const lines = [start, ...noise, passed, '[INFO] Building next module', '[ERROR] Cart.java:[3,5] cannot find symbol']
    expect(marksOf(lines).slice(5)).toEqual([false, false])
  })

  it('is no cause of a failure that comes later, however loud it is', () => {
    const [, start, passed] = runners[0]!
    const log = [
      start,
      ...noise,
      passed,
      '[ERROR] COMPILATION ERROR :',
      '[ERROR] /a/Cart.java:[3,5] cannot find symbol',
      'BUILD FAILURE',
    ]
    const evidence = reduced(log.join('\n')).diagnosis.root_cause?.evidence
    expect(evidence?.[0]).toMatchObject({ line_start: 7 })
  })
})
