// Browser CI: Gecko's harnesses (mochitest, reftest, xpcshell, web-platform-tests, Marionette), what mozharness and
// Taskcluster say around them, and Chromium's test launcher.

import type { LogRule } from '../rule.ts'

const test = { category: 'test', phase: 'test', severity: 'high' } as const
const infrastructure = { category: 'infrastructure', phase: 'test', severity: 'high' } as const

export const browserRules: LogRule[] = [
  {
    ...test,
    id: 'gecko/crash',
    hints: ['process-crash'],
    pattern: /PROCESS-CRASH \| (.{1,400})/,
    role: 'cause',
    sure: true,
    weight: 90,
    category: 'runtime',
    severity: 'critical',
    below: { while: /Crash (?:dump filename|reason|address)|Operating system|Thread \d+ \(crashed\)|^\s+0 /, max: 8 },
    statement: 'The browser crashed: $1',
    examples: {
      positive: ['PROCESS-CRASH | application crashed [@ foo::bar] | dom/test_a.html'],
      nearMiss: ['PROCESS-CRASHES: 0', 'crash reporter enabled'],
    },
  },
  {
    ...test,
    id: 'gecko/test-timeout',
    hints: ['test-unexpected-timeout'],
    pattern: /TEST-UNEXPECTED-TIMEOUT \| (.{1,400})/,
    role: 'cause',
    sure: true,
    weight: 86,
    category: 'timeout',
    statement: 'A browser test took too long: $1',
    examples: {
      positive: ['TEST-UNEXPECTED-TIMEOUT | /fetch/api/abort.html | expected OK'],
      nearMiss: ['TEST-TIMEOUT is expected here', 'TEST-OK | /fetch/api/abort.html | took 12ms'],
    },
  },
  {
    ...test,
    id: 'gecko/leak',
    hints: ['test-unexpected-fail | leak', 'leaking the world', 'leaksanitizer | leak at'],
    pattern:
      /TEST-UNEXPECTED-FAIL \| (?:leakcheck|LeakSanitizer|leaked) ?\|? ?(.{1,400})|YOU ARE LEAKING THE WORLD.{0,300}/,
    role: 'cause',
    sure: true,
    weight: 82,
    statement: 'A test run leaked: $1',
    examples: {
      positive: ['TEST-UNEXPECTED-FAIL | leakcheck | default 1840 bytes leaked (Document, nsStringBuffer)'],
      nearMiss: ['TEST-INFO | leakcheck | default leaked 2 nsGlobalWindowInner', 'TEST-PASS | leakcheck | no leaks'],
    },
  },
  {
    ...test,
    id: 'mozlint/finding',
    hints: ['test-unexpected-'],
    pattern:
      /TEST-UNEXPECTED-(?:ERROR|WARNING) \| (\S{1,300}:\d{1,7}(?::\d{1,7})?) \| (.{1,400} \([\w@/., -]{1,100}\))$/,
    role: 'cause',
    sure: true,
    weight: 88,
    category: 'lint',
    phase: 'build',
    statement: 'The linter objects to $1: $2',
    examples: {
      positive: [
        "TEST-UNEXPECTED-ERROR | /builds/gecko/browser/errors.js:41:3 | 'failed' is assigned a value but never used. (no-unused-vars)",
      ],
      nearMiss: ['TEST-UNEXPECTED-ERROR | test_rect.py TestRect.test_a | NoSuchWindowException: discarded'],
    },
  },
  {
    ...test,
    id: 'gecko/unexpected',
    hints: ['test-unexpected-', 'reftest error', 'test-valgrind-error'],
    pattern: /(TEST-UNEXPECTED-[A-Z]+|REFTEST ERROR|TEST-VALGRIND-ERROR) \| (.{1,400})/,
    unless: /TEST-UNEXPECTED-TIMEOUT/,
    role: 'cause',
    sure: true,
    weight: 87,
    below: {
      while: /^\s*(?:Stack trace:|Traceback|(?:chrome|resource|https?|\/builds)\S{1,200}:\d+|File ")|^\s{2,}\S/,
      max: 6,
    },
    statement: 'A browser test ended unexpectedly: $2',
    examples: {
      positive: [
        'TEST-UNEXPECTED-FAIL | dom/tests/test_a.html | got 1, expected 2',
        'TEST-UNEXPECTED-PASS | layout/reftests/a.html == layout/reftests/b.html | image comparison',
        'REFTEST ERROR | file:///a.html | timed out waiting for onload',
      ],
      nearMiss: ['TEST-PASS | dom/tests/test_a.html', 'TEST-KNOWN-FAIL | a', 'no TEST-UNEXPECTED-FAIL so far'],
    },
  },
  {
    ...test,
    id: 'gecko/assertion',
    hints: ['assertion failure:', 'moz_crash', '###!!! abort', 'mozilla crash reason'],
    pattern: /(?:Assertion failure: |Hit MOZ_CRASH\(|###!!! ABORT: |Mozilla crash reason: )(.{1,400})/,
    role: 'cause',
    sure: true,
    weight: 83,
    category: 'runtime',
    severity: 'critical',
    statement: 'The browser stopped itself: $1',
    examples: {
      positive: [
        'GECKO(1734) | Assertion failure: mBuffer, at /gecko/dom/a.cpp:412',
        'Hit MOZ_CRASH(Shutdown too long) at /gecko/toolkit/a.cpp:12',
      ],
      nearMiss: ['###!!! ASSERTION: bad state', 'assertion failures: none'],
    },
  },
  {
    ...infrastructure,
    id: 'gecko/automation',
    hints: [
      'automation error',
      'infra-error',
      'infrastructure error',
      'adbtimeouterror',
      'adberror',
      'adbprocesserror',
      'dmerror',
    ],
    pattern:
      /(?:Automation Error: |INFRA-ERROR: |Infrastructure error: |\b(?:ADBTimeoutError|ADBError|ADBProcessError|DMError): )(.{0,400})/,
    role: 'cause',
    sure: true,
    weight: 84,
    statement: 'The test machine or device failed: $1',
    examples: {
      positive: ['CRITICAL - INFRA-ERROR: Failed to get to home screen', 'ADBTimeoutError: args: adb wait-for-device'],
      nearMiss: ['infrastructure errors: 0', 'import ADBError'],
    },
  },
  {
    ...infrastructure,
    id: 'taskcluster/error',
    hints: ['[taskcluster:error]', '[taskcluster] error', 'command timed out: '],
    pattern:
      /^\[taskcluster(?::error\]|\] Error:) (?!exit status|Task (?:was )?unsuccessful)(.{1,400})|command timed out: (.{1,200})/,
    role: 'cause',
    weight: 78,
    category: 'unknown',
    below: { while: /^\[taskcluster:error\]/, max: 2 },
    statement: 'Taskcluster ended the task: $1$2',
    examples: {
      positive: [
        '[taskcluster:error] Task timeout after 5400 seconds. Force killing container.',
        'command timed out: 3600 seconds without output, attempting to kill',
      ],
      nearMiss: ['[taskcluster:error] exit status 1', '[taskcluster 2024-05-02 01:02:03.123Z] Task ID: x'],
    },
  },
  {
    ...test,
    id: 'chromium/web-test',
    hints: ['unexpectedly'],
    pattern: /^\[\d{1,6}\/\d{1,6}\] (\S{1,300}) ((?:failed|crashed|timed out) unexpectedly.{0,100})/,
    role: 'cause',
    weight: 84,
    statement: 'The web test $1 $2',
    examples: {
      positive: ['[812/9100] fast/css/grid-auto.html failed unexpectedly (text diff)'],
      nearMiss: ['[1/9100] fast/css/grid.html passed unexpectedly', '[400/9100] fast/css/grid-auto.html passed'],
    },
  },
  {
    ...test,
    id: 'mozharness/return-code',
    hints: [
      'return code: ',
      'setting return code',
      'tbpl ',
      'unsuccessful task run',
      'post_fatal',
      'exiting ',
      'did not run successfully',
      '[taskcluster:error] exit',
      'exit code (as seen by runner)',
    ],
    pattern:
      /^\s*(?:ERROR|WARNING|FATAL|INFO) - +(?:Return code: [1-9]|setting return code to|# TBPL (?!SUCCESS)|Running post_fatal|Exiting -?[1-9]|'.{1,200}' did not run successfully|Uncaught exception: EXIT_STATUS)|^# TBPL (?!SUCCESS)|^Unsuccessful task run with exit code|^\[taskcluster:error\] (?:exit status|Task (?:was )?unsuccessful)|^exit code \(as seen by runner\): [1-9]/,
    role: 'wrapper',
    weight: 20,
    category: 'unknown',
    phase: 'unknown',
    statement: 'The harness reports that its run failed.',
    examples: {
      positive: [
        '   ERROR - Return code: 1',
        "   FATAL - 'mach build -v' did not run successfully. Please check log for errors.",
        'Unsuccessful task run with exit code: 1 completed in 1745.2 seconds',
      ],
      nearMiss: ['    INFO - Return code: 0', 'Successful task run with exit code: 0 completed in 3 seconds'],
    },
  },
]
