// rustc and cargo.

import type { LogRule } from '../rule.ts'

const compile = { category: 'compile', phase: 'build', severity: 'high' } as const
const snippet = { while: /^\s{0,12}-->|^\s{0,12}\d{0,7}\s{0,12}\||^\s{0,12}= (?:note|help)|^\s{0,12}\.\.\.$/, max: 9 }

export const cargoRules: LogRule[] = [
  {
    ...compile,
    id: 'rustc/error-code',
    hints: ['error[e'],
    pattern: /^error\[(E\d{4})\]: (.{1,400})/,
    role: 'cause',
    weight: 86,
    below: snippet,
    statement: 'rustc rejected the code ($1): $2',
    fixes: [{ action: 'Read the explanation of $1.', command: 'rustc --explain $1', risk: 'low' }],
    examples: {
      positive: [
        'error[E0382]: borrow of moved value: `names`',
        'error[E0433]: failed to resolve: use of undeclared crate or module `rand`',
      ],
      nearMiss: ['warning[E0001]: not an error', 'for more information about this error, try `rustc --explain E0382`'],
    },
  },
  {
    ...compile,
    id: 'rustc/error',
    hints: ['error: '],
    pattern:
      /^error: (?!could not compile|aborting due|process didn't|test failed|build failed|failed to run custom build|metadata-generation-failed|subprocess-exited-with-error)(.{1,400})/,
    role: 'cause',
    weight: 70,
    below: snippet,
    category: 'unknown',
    phase: 'unknown',
    statement: '$1',
    examples: {
      positive: ['error: expected one of `;` or `}`, found `let`', 'error: cannot find macro `printn` in this scope'],
      nearMiss: [
        'error: could not compile `demo` (bin "demo") due to 2 previous errors',
        'error: metadata-generation-failed',
        'warning: unused import',
      ],
    },
  },
  {
    ...compile,
    id: 'cargo/dependency',
    hints: ['failed to select a version', 'no matching package', 'failed to get `', 'failed to load source'],
    pattern:
      /(?:error: )?(failed to select a version for .{1,200}|no matching package (?:named|found).{1,200}|failed to get `.{1,200}|failed to load source for dependency .{1,200})/,
    role: 'cause',
    weight: 84,
    category: 'dependency',
    phase: 'install',
    below: { while: /^\s{4,}|^\.\.\.|^required by|^versions that meet|^Caused by/, max: 8 },
    statement: 'Cargo could not resolve a dependency: $1',
    fixes: [
      {
        action: 'Correct the version in Cargo.toml, then update the lock file.',
        command: 'cargo update',
        risk: 'medium',
      },
    ],
    examples: {
      positive: ['error: failed to select a version for `serde`.', 'error: no matching package named `sered` found'],
      nearMiss: ['Updating crates.io index', 'selected version 1.0.2 for `serde`'],
    },
  },
  {
    ...compile,
    id: 'cargo/test-panic',
    hints: ['panicked at'],
    pattern: /^thread '((?!main'|tokio-)[\w:]{1,200})' (?:\(\d+\) )?panicked at (.{1,400})/,
    role: 'cause',
    weight: 84,
    category: 'test',
    phase: 'test',
    below: { while: /^(?!note: run with|stack backtrace|test |failures:|----)\S.{0,300}|^\s+(?:left|right):/, max: 4 },
    statement: 'The test $1 panicked at $2',
    fixes: [{ action: 'Run the test alone with its output.', command: 'cargo test $1 -- --nocapture', risk: 'low' }],
    examples: {
      positive: ["thread 'tests::adds' panicked at src/lib.rs:9:9:"],
      nearMiss: ["thread 'main' panicked at src/main.rs:4:5:", "thread 'tests::adds' started"],
    },
  },
  {
    ...compile,
    id: 'cargo/panic',
    hints: ['panicked at'],
    pattern: /^thread '([^']{1,200})' (?:\(\d+\) )?panicked at (.{1,400})/,
    role: 'cause',
    weight: 82,
    category: 'runtime',
    phase: 'unknown',
    below: { while: /^(?!note: run with|stack backtrace|test |failures:|----)\S.{0,300}|^\s+(?:left|right):/, max: 4 },
    statement: "The thread '$1' panicked at $2",
    examples: {
      positive: ["thread 'main' panicked at src/main.rs:4:5:"],
      nearMiss: ["thread 'main' started", 'do not panic'],
    },
  },
  {
    ...compile,
    id: 'cargo/test-failed',
    hints: ['... failed', 'test result: failed'],
    pattern: /^test (\S{1,200}) \.\.\. FAILED/,
    role: 'symptom',
    weight: 66,
    category: 'test',
    phase: 'test',
    statement: 'The test $1 failed.',
    fixes: [{ action: 'Run the test alone with its output.', command: 'cargo test $1 -- --nocapture', risk: 'low' }],
    examples: {
      positive: ['test tests::adds ... FAILED'],
      nearMiss: ['test tests::adds ... ok', 'test tests::old ... ignored'],
    },
  },
  {
    ...compile,
    id: 'cargo/summary',
    hints: [
      'could not compile',
      'aborting due',
      'test failed, to rerun',
      'test result: failed',
      "process didn't exit",
      'failed to run custom build',
    ],
    pattern:
      /error: could not compile|aborting due to|error: test failed, to rerun|^test result: FAILED|process didn't exit successfully|failed to run custom build command/,
    role: 'wrapper',
    weight: 27,
    examples: {
      positive: ['error: could not compile `demo` due to previous error', 'test result: FAILED. 3 passed; 1 failed'],
      nearMiss: ['test result: ok. 4 passed; 0 failed', 'Compiling demo v0.1.0'],
    },
  },
]
