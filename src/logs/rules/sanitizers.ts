// Native programs that crash, and the sanitizers that say why.

import type { LogRule } from '../rule.ts'

const crash = { category: 'runtime', phase: 'unknown', severity: 'critical' } as const
const frames = { while: /^\s+#\d+ |^\s+\S|^(?:READ|WRITE) of size|^(?:Previous|Write|Read) /i, max: 6 }

export const sanitizerRules: LogRule[] = [
  {
    ...crash,
    id: 'sanitizer/report',
    hints: ['sanitizer: '],
    pattern:
      /(?:ERROR|WARNING|FATAL): ((?:Address|Leak|Thread|Memory|UndefinedBehavior|HWAddress)Sanitizer): (.{1,300})/,
    role: 'cause',
    sure: true,
    weight: 90,
    below: frames,
    statement: '$1 found a bug: $2',
    examples: {
      positive: [
        '==12==ERROR: AddressSanitizer: heap-use-after-free on address 0x602',
        'WARNING: ThreadSanitizer: data race (pid=4121)',
      ],
      nearMiss: ['AddressSanitizer is enabled', '-fsanitize=address'],
    },
  },
  {
    ...crash,
    id: 'sanitizer/undefined-behaviour',
    hints: ['runtime error: '],
    pattern: /^(\S{1,300}):(\d{1,6}):\d{1,5}: runtime error: (.{1,300})/,
    role: 'cause',
    weight: 88,
    below: frames,
    statement: 'Undefined behaviour in $1, line $2: $3',
    examples: {
      positive: ['src/cart.c:12:9: runtime error: signed integer overflow: 2147483647 + 1 cannot be represented'],
      nearMiss: ['panic: runtime error: index out of range', 'runtime errors: 0'],
    },
  },
  {
    ...crash,
    id: 'sanitizer/summary',
    hints: ['summary: ', 'aborting'],
    pattern: /^SUMMARY: \w{3,30}Sanitizer: |^==\d+==ABORTING/,
    role: 'wrapper',
    weight: 32,
    examples: {
      positive: ['SUMMARY: AddressSanitizer: heap-buffer-overflow buffer.cc:12:10 in at'],
      nearMiss: ['SUMMARY: 12 tests passed'],
    },
  },
  {
    ...crash,
    id: 'valgrind/report',
    hints: ['== '],
    pattern:
      /^==\d{1,9}== (Invalid (?:read|write|free).{0,200}|Conditional jump or move depends on uninitialised.{0,100}|Use of uninitialised value.{0,100}|Process terminating with default action.{0,200}|Mismatched free.{0,100}|[\d,]{1,20} (?:\([^)]{1,80}\) )?bytes in [\d,]{1,12} blocks are definitely lost.{0,100})/,
    role: 'cause',
    sure: true,
    weight: 82,
    category: 'runtime',
    severity: 'high',
    below: { while: /^==\d{1,9}== +(?:at|by) 0x/, max: 4 },
    statement: 'Valgrind found: $1',
    examples: {
      positive: [
        '==22079== Invalid read of size 4',
        '==7== 40 bytes in 1 blocks are definitely lost in loss record 1 of 1',
      ],
      nearMiss: ['==22079== ERROR SUMMARY: 0 errors from 0 contexts', '==7== HEAP SUMMARY:'],
    },
  },
  {
    ...crash,
    id: 'go/data-race',
    hints: ['data race'],
    pattern: /^WARNING: DATA RACE/,
    role: 'cause',
    sure: true,
    weight: 84,
    category: 'test',
    phase: 'test',
    severity: 'high',
    below: { while: /^(?:Write|Read|Previous|Goroutine) |^\s+\S|^\s*$/, max: 8 },
    statement: 'The race detector found two goroutines that use the same memory.',
    examples: { positive: ['WARNING: DATA RACE'], nearMiss: ['no data race found', 'testing.go:1398: race detected'] },
  },
  {
    ...crash,
    id: 'native/assertion',
    hints: ['assertion `', "assertion '", 'assertion failed', 'check failed:', 'assert failed'],
    pattern: /: [Aa]ssertion [`'].{1,300}' failed|^(?:\S{1,200}: )?Assertion failed: .{1,300}|\bCheck failed: .{1,300}/,
    role: 'cause',
    weight: 86,
    statement: 'An assertion in the program failed.',
    examples: {
      positive: ["app: main.c:9: main: Assertion `n > 0' failed.", 'FATAL:tab.cc(12)] Check failed: index >= 0.'],
      nearMiss: ['assertions enabled', 'health check failed: 503'],
    },
  },
  {
    ...crash,
    id: 'native/crash',
    hints: [
      'segmentation fault',
      'sigsegv',
      'sigabrt',
      'sigbus',
      'sigill',
      'bus error',
      'stack smashing',
      'double free',
      'illegal instruction',
      'exc_bad_access',
      'access violation',
      '0xc0000005',
    ],
    pattern:
      /[Ss]egmentation fault|\bSIG(?:SEGV|ABRT|BUS|ILL)\b|\bBus error\b|stack smashing detected|double free or corruption|Illegal instruction|EXC_BAD_ACCESS|[Aa]ccess violation|0xC0000005/,
    unless: /handler (?:installed|registered)|Crash reason:/i,
    role: 'cause',
    weight: 82,
    below: { while: /^\s+#\d+ |^\s+\S/, max: 6 },
    statement: 'A native program crashed.',
    fixes: [{ action: 'Get a stack trace from the core dump, or build with -fsanitize=address.', risk: 'low' }],
    examples: {
      positive: ['Segmentation fault (core dumped)', '# SIGSEGV (0xb) at pc=0x00007f, pid=1, tid=2'],
      nearMiss: ['segment 3 loaded', 'SIGSEGV handler installed'],
    },
  },
  {
    ...crash,
    id: 'native/aborted',
    hints: ['core dumped', 'aborted', 'terminate called'],
    pattern: /\(core dumped\)|^Aborted\b|terminate called (?:after throwing|without)(.{0,200})/,
    unless: /Segmentation fault/,
    role: 'symptom',
    weight: 64,
    below: { while: /^\s+what\(\):/, max: 1 },
    statement: 'A native program ended itself. $1',
    examples: {
      positive: ["terminate called after throwing an instance of 'std::bad_alloc'", 'Aborted (core dumped)'],
      nearMiss: ['transaction aborted', 'Segmentation fault (core dumped)'],
    },
  },
]
