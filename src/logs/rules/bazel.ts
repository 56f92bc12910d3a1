// Bazel, sbt, Swift and nvcc: builds whose compilers speak in forms of their own.

import type { LogRule } from '../rule.ts'

const compile = { category: 'compile', phase: 'build', severity: 'high' } as const

export const bazelRules: LogRule[] = [
  {
    ...compile,
    id: 'bazel/rule-failed',
    hints: ['error: '],
    pattern: /^ERROR: (\S{1,300}\/BUILD(?:\.bazel)?):\d+:\d+: (?!Target )(.{1,400})/,
    role: 'symptom',
    weight: 70,
    below: { while: /^(?!INFO|ERROR|Target|Use --|FAILED).{1,300}$/, max: 5 },
    statement: 'A rule of $1 failed: $2',
    examples: {
      positive: [
        'ERROR: /w/app/BUILD:12:10: Compiling app/server.cc failed: (Exit 1): gcc failed: error executing command',
      ],
      nearMiss: ['INFO: Build completed successfully, 12 total actions', 'DEBUG: /w/app/BUILD:12:10: chosen'],
    },
  },
  {
    ...compile,
    id: 'bazel/analysis',
    hints: [
      'no such package',
      'no such target',
      'error loading package',
      'error: analysis of target',
      'error computing the main repository',
    ],
    pattern:
      /(no such (?:package|target) '.{1,200}'.{0,200}|[Ee]rror loading package .{1,300}|ERROR: Analysis of target .{1,200} failed|[Ee]rror computing the main repository.{0,200})/,
    role: 'cause',
    weight: 84,
    category: 'configuration',
    statement: 'Bazel could not load the build: $1',
    examples: {
      positive: ["ERROR: no such package '@rules_foo//': The repository could not be resolved"],
      nearMiss: ['INFO: Analyzed target //app:server'],
    },
  },
  {
    ...compile,
    id: 'bazel/summary',
    hints: ['failed to build', 'build did not complete', 'build failed'],
    pattern: /^Target \/\/\S{1,200} failed to build|^(?:FAILED|ERROR): Build (?:did NOT complete successfully|failed)/,
    role: 'wrapper',
    weight: 26,
    examples: {
      positive: ['Target //app:server failed to build', 'FAILED: Build did NOT complete successfully'],
      nearMiss: ['INFO: Build completed successfully, 12 total actions'],
    },
  },
  {
    ...compile,
    id: 'sbt/error',
    hints: ['[error] '],
    pattern:
      /^\[error\] (?:-- (?:\[E\d+\] )?.{0,60}Error: )?(\S{1,300}\.(?:scala|java|sbt)):(\d{1,6})(?::\d{1,5})?:? ?(.{0,300})/,
    role: 'cause',
    weight: 86,
    below: { while: /^\[error\]\s/, max: 3 },
    statement: 'The compiler rejected $1, line $2: $3',
    examples: {
      positive: ['[error] /w/src/main/scala/Cart.scala:14:21: value totl is not a member of Cart'],
      nearMiss: ['[info] compiling 12 Scala sources', '[warn] /w/src/main/scala/Cart.scala:14:21: unused import'],
    },
  },
  {
    ...compile,
    id: 'sbt/summary',
    hints: ['[error] '],
    pattern:
      /^\[error\] (?:\(.{1,120}\) .{0,120}(?:failed|Failed)|Total time: |(?:one|two|three|\d+) errors? found|\s*$)/,
    role: 'wrapper',
    weight: 26,
    examples: {
      positive: ['[error] (Compile / compileIncremental) Compilation failed', '[error] one error found'],
      nearMiss: ['[success] Total time: 4 s', '[error] Not a valid command: tset'],
    },
  },
  {
    ...compile,
    id: 'nvcc/error',
    hints: ['): error', '): catastrophic error'],
    pattern:
      /^(\S{1,300}\.(?:cuh?|h|hpp|hip|cc|cpp|inl|inc))\((\d{1,6})\): (?:catastrophic )?error(?: #[\w-]{1,20})?: (.{1,300})/,
    unless: /: error: in "/,
    role: 'cause',
    weight: 86,
    above: { while: /^\S{0,40}(?:sccache|nvcc|ccache)\S{0,40} |^FAILED: /, max: 2 },
    below: { while: /^\s+\S/, max: 3 },
    statement: 'nvcc rejected $1, line $2: $3',
    examples: {
      positive: ['/w/aten/Foo.cu(88): error: identifier "launch_kernal" is undefined'],
      nearMiss: [
        '/w/aten/Foo.cu(88): warning #177-D: variable "x" was declared but never referenced',
        't.cpp(6): error: in "fft/inverse": check n == 15 has failed',
      ],
    },
  },
]
