// What a failure looks like whatever the tool: a diagnostic with its place, an exception at the start of a line, a test's
// result, a crash, the words of the operating system. They come after every rule that knows the tool.

import type { LogRule } from '../rule.ts'

const shape = { category: 'unknown', phase: 'unknown', role: 'symptom', general: true, severity: 'high' } as const

export const shapeRules: LogRule[] = [
  {
    ...shape,
    id: 'shape/sanitizer',
    hints: ['sanitizer: '],
    pattern: /\b\w{2,20}Sanitizer: (?!failed to |nested bug|reserving|libc|can't)(.{1,300})/,
    sure: true,
    weight: 66,
    category: 'runtime',
    severity: 'critical',
    statement: '$1',
    examples: {
      positive: ['WARNING: ThreadSanitizer: data race (pid=2)', 'SUMMARY: AcmeSanitizer: heap-use-after-free a.c:3'],
      nearMiss: ['built with AddressSanitizer', 'sanitizer: none'],
    },
  },
  {
    ...shape,
    id: 'shape/crash',
    hints: [
      'segmentation fault',
      'core dumped',
      'bus error',
      'illegal instruction',
      'sigsegv',
      'sigabrt',
      'panicked at',
      'panic: ',
      'stack overflow',
      'crashed',
      'out of memory',
      'outofmemory',
      'memoryerror',
      'bad_alloc',
      'assertion',
    ],
    pattern:
      /\bSegmentation fault\b|\b[Cc]ore dumped\b|\bBus error\b|\bIllegal instruction\b|\bSIG(?:SEGV|ABRT)\b|\bpanicked at\b|^panic: |\b[Ss]tack overflow\b|\b(?:has |was |worker .{1,80})crashed\b|\b[Oo]ut of memory\b|\bOutOfMemory|\bMemoryError\b|\bstd::bad_alloc\b|\bAssertion fail(?:ed|ure):|\bAssertion [`'"].{1,200}['"] failed/,
    ignore: /\b(?:no|0|without) (?:crash|out of memory)\w*/g,
    weight: 66,
    category: 'runtime',
    severity: 'critical',
    below: { while: /^(?!note: |\[|#\d)\s*\S/, max: 1 },
    examples: {
      positive: [
        'run.sh: line 1: 20696 Segmentation fault      ./render',
        "thread 'main' (2) panicked at main.rs:5:50:",
      ],
      nearMiss: ['segmentation of faults', 'recovers from stack overflows', 'crashed: 0'],
    },
  },
  {
    ...shape,
    id: 'shape/located-error',
    hints: ['error'],
    pattern:
      /^(?:\[?\w{1,10}\]? {1,3})?(?:[A-Za-z]:)?[^\s:([]{1,300}[:([]{1,2}\d{1,7}(?:[,:]\d{1,7})?[\])]?:?\s{1,3}(?:fatal |internal )?error\b[: ](.{0,300})/i,
    weight: 64,
    below: { while: /^\s+\S|^\s*\d* \|/, max: 3 },
    examples: {
      positive: [
        "src/net/socket.c:4:18: error: 'struct peer' has no member named 'addr6'",
        'D:\\a\\1\\s\\include\\grid.h(18,27): error C2039: no such member',
        '[ERROR] Prices.acme:[6,43] error: cannot find it',
      ],
      nearMiss: ['src/net/socket.c:4:18: warning: unused', 'errors/table.c:3 compiled', '10:20: error'],
    },
  },
  {
    ...shape,
    id: 'shape/caused-by',
    hints: ['caused by: '],
    pattern: /^\s{0,40}Caused by: ([\w.$]{1,300}.{0,300})/,
    weight: 60,
    lastOfChain: true,
    statement: '$1',
    examples: {
      positive: ['Caused by: org.acme.LostException: no lease'],
      nearMiss: ['may be caused by: a slow disk'],
    },
  },
  {
    ...shape,
    id: 'shape/exception',
    hints: ['error', 'exception', 'failure', 'fault', 'interrupt', 'timeout'],
    pattern:
      /^\s{0,12}(?:E\s{1,8}|Exception in thread "[^"]{1,100}" |Uncaught |Unhandled exception\W{1,3}|error: |\[ERROR\]\s{1,3}|ERROR:? |ERROR - |thrown: )?(?:[a-zA-Z_$][\w$]{0,80}(?:\.|::)){0,12}[A-Z]\w{0,80}(?:Error|Exception|Failure|Fault|Interrupt|Timeout)\b(?: \[\w{1,60}\])?(?::\s(.{0,300})|\s*$)/,
    weight: 60,
    below: { while: /^\s+at |^\s{2,}\S|^\t/, max: 5 },
    examples: {
      positive: [
        'ValueError: ledger is out of balance by 12 cents',
        'Exception in thread "main" java.lang.OutOfMemoryError: Java heap space',
        'E       acme.errors.LostError: no lease',
        'MemoryError',
      ],
      nearMiss: ['INFO handled ValueError: none', 'class LostError extends Error {', 'ErrorHandler: ready'],
    },
  },
  {
    ...shape,
    id: 'shape/test-result',
    hints: ['not ok ', '✕', '✗', '✘', '✖', 'fail', 'test-unexpected-', '***timeout', '***exception', '<<< error'],
    pattern:
      /^\s*(?:not ok \d|[✕✗✘✖] ?\S|--- FAIL: )|^FAIL(?:ED)?:? +\S|\bTEST-UNEXPECTED-|\*\*\*(?:Failed|Timeout|Exception)|<<< (?:FAILURE|ERROR)|\sFAILED\s{0,200}(?:\[ ?\d{1,3}%\])?$|\S\s\(Failed\)$/,
    unless: /# (?:TODO|SKIP)\b|^FAILED: \S+\.(?:o|obj|so|a)\b/i,
    ignore: /\b(?:no|0) TEST-UNEXPECTED-\w*/g,
    weight: 57,
    category: 'test',
    phase: 'test',
    below: { while: /^\s{2,}\S/, max: 3 },
    examples: {
      positive: [
        'not ok 2 - rejects an expired token',
        '  ✕ adds shipping (13 ms)',
        'tests/test_native.py::test_mean FAILED                        [100%]',
        ' 7/40 Test  #7: recovery .................***Failed    0.00 sec',
        'ERROR - TEST-UNEXPECTED-FAIL | a.html | got 1',
      ],
      nearMiss: ['not ok 3 - later # TODO', 'ok 2 - rejects', '0 FAILED tests', 'FAILED: src/a.o'],
    },
  },
  {
    ...shape,
    id: 'shape/operating-system',
    hints: [
      'permission denied',
      'connection refused',
      'connection reset',
      'no such file or directory',
      'address already in use',
      'no space left',
      'operation not permitted',
      'name or service not known',
      'name resolution',
      'could not resolve host',
      'too many open files',
      'read-only file system',
      'resource busy',
      'quota exceeded',
      'cannot allocate memory',
      'command not found',
      'network is unreachable',
      'no route to host',
      'exec format error',
    ],
    pattern:
      /\b(?:[Pp]ermission denied|[Cc]onnection (?:refused|reset)|No such file or directory|[Aa]ddress already in use|No space left on device|Operation not permitted|Name or service not known|[Tt]emporary failure in name resolution|[Cc]ould not resolve host|Too many open files|Read-only file system|Device or resource busy|[Qq]uota exceeded|Cannot allocate memory|command not found|Network is unreachable|No route to host|Exec format error)\b/,
    weight: 55,
    examples: {
      positive: ['bash: line 1: ./deploy.sh: Permission denied', 'ssh: connect to host db port 22: Connection refused'],
      nearMiss: ['permissions: denied by default', 'the connection was closed'],
    },
  },
  {
    ...shape,
    id: 'shape/requirement',
    hints: [
      'requirement',
      'require',
      'provides',
      'conflict',
      'no matching',
      'incompatible',
      'allowed range',
      'banned',
      'more recent version',
    ],
    pattern:
      /\bhas requirement .{1,100}, but |\brequires? \S.{0,100}?(?:, but |, which is (?:not|missing)|is not (?:available|installed))|\bnothing provides\b|\bconflict(?:s|ing)?(?: with| between|:)|\bno matching (?:version|distribution|package)|\bincompatible with\b|not in the allowed range|\bbanned\b|compiled by a more recent version/i,
    unless: /\bwarn(?:ing)?\b|\bINFO\b|\bDEBUG\b/i,
    weight: 53,
    category: 'dependency',
    examples: {
      positive: [
        'solver 1.0 has requirement numpy>=99, but you have numpy 2.4.6.',
        '  - nothing provides __glibc >=2.34 needed by libtorch-2.4.0',
        'acme 2 requires money>=3, which is not installed.',
      ],
      nearMiss: ['INFO no conflicts with main', 'requires python 3.11', 'warning: incompatible with older clients'],
    },
  },
  {
    ...shape,
    id: 'shape/located-code',
    hints: [':'],
    pattern: /^(?:\.?[\w@+~-]{0,100}[./\\]){1,12}\w{1,10}:\d{1,7}:(?:\d{1,7}:)? \[?[A-Z]{1,5}\d{2,5}\b(.{0,300})/,
    weight: 52,
    category: 'lint',
    examples: {
      positive: ["calc.py:2:5: F841 local variable 'unused' is assigned to but never used"],
      nearMiss: ['calc.py:2:5: unused', 'at calc.py:2:5', 'E501 is ignored'],
    },
  },
  {
    ...shape,
    id: 'shape/time-out',
    hints: ['timed out', 'timeout', 'time-out', 'deadline exceeded'],
    pattern:
      /\b[Tt]imed out\b|\b[Tt]ime-?out (?:after|of|exceeded|waiting|while|expired)\b|\b[Ee]xceeded timeout\b|\b[Dd]eadline exceeded\b/,
    ignore: /\b(?:if|when|has not|not) timed out\b/g,
    weight: 51,
    category: 'timeout',
    examples: {
      positive: ['thrown: "Exceeded timeout of 500 ms for a test.', 'rpc error: context deadline exceeded'],
      nearMiss: ['timeout: 30', 'timeouts are logged', 'set the timeout to 5'],
    },
  },
  {
    ...shape,
    id: 'shape/expectation',
    hints: ['expected', 'received', 'actual', 'assert'],
    pattern:
      /^\s{0,40}(?:[#>|-]\s{1,8})?(?:Expected|Received|Actual|expected|received|actual)\b[^:\n]{0,30}:\s{0,20}\S|\b[Ee]xpected .{1,120}(?: but |,? got |,? actual |, found )|^E {2,10}(?:assert|Assertion)|\b[Aa]ssertion fail/,
    ignore: /\bas expected\b/g,
    weight: 47,
    below: { while: /^\s{0,40}(?:[#>|-]\s{1,8})?(?:received|got|actual)\b/i, max: 2 },
    examples: {
      positive: ['    Expected: 25', '#  expected: a/b', 'block size: expected 4096, got 0', 'E       assert 17 == 18'],
      nearMiss: ['everything went as expected', 'expected:', 'INFO asserting nothing'],
    },
  },
  {
    ...shape,
    id: 'shape/warning',
    hints: ['warn'],
    pattern:
      /^(?:\S{1,300}[:)] {0,2})?\[?(?:WARNING|Warning|warning|warn|WARN)[\]:]{1,2}(?: \[[^\]]{1,60}\])?\s{1,4}(\S.{0,300})/,
    lastResort: true,
    weight: 40,
    severity: 'low',
    examples: {
      positive: ['docs/index.rst:37: WARNING: undefined label', '[warn] src/b.ts'],
      nearMiss: ['warnings: none', '3 warnings generated.'],
    },
  },
]
