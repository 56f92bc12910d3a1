// Linters, formatters and type checkers: what they object to is the failure.

import type { LogRule } from '../rule.ts'

const lint = { category: 'lint', phase: 'build', severity: 'medium', role: 'cause' } as const

export const linterRules: LogRule[] = [
  {
    ...lint,
    id: 'python-lint/finding',
    hints: ['.py:', '.pyi:'],
    pattern:
      /^\s{0,4}(\S{1,300}\.pyi?):(\d{1,6}):(?:\d{1,5}:)? (?:error: )?\[?((?:[A-Z]{1,4}\d{2,5})(?: \[\*\])?|[CRWEF]\d{4})\]?:? (.{1,300})/,
    weight: 84,
    statement: 'The linter objects to $1, line $2 ($3): $4',
    fixes: [
      {
        action: 'Correct the line, or let the linter do it where it can.',
        command: 'ruff check --fix $1',
        risk: 'low',
      },
    ],
    examples: {
      positive: [
        'src/app/main.py:3:8: F401 [*] `os` imported but unused',
        'app/a.py:12:80: E501 line too long (91 > 79 characters)',
        'pkg/mod.py:4:0: C0114: Missing module docstring (missing-module-docstring)',
      ],
      nearMiss: ['tests/test_a.py:14: AssertionError', 'src/app/main.py:3:8: INFO started'],
    },
  },
  {
    ...lint,
    id: 'mypy/error',
    hints: ['.py:', '.pyi:'],
    pattern:
      /^(\S{1,300}\.pyi?):(\d{1,6})(?::\d{1,5})?: error: (.{1,300}?)(?: {2}\[([\w-]{2,40})\])?$|^\s{0,4}(\S{1,300}\.pyi?):(\d{1,6}):\d{1,5} - error: (.{1,300})/,
    weight: 86,
    statement: 'The type checker objects to $1$5, line $2$6: $3$7',
    examples: {
      positive: [
        'src/app/cart.py:12: error: Incompatible return value type (got "int", expected "str")  [return-value]',
        '  /w/app/cart.py:12:9 - error: "totl" is not a known attribute (reportAttributeAccessIssue)',
      ],
      nearMiss: ['src/app/cart.py:12: note: See https://mypy.readthedocs.io', 'app.py:12: starting'],
    },
  },
  {
    ...lint,
    id: 'golangci/finding',
    hints: ['.go:'],
    pattern: /^(\S{1,300}\.go):(\d{1,6}):(?:\d{1,5}:)? (.{1,300}) \(([a-z][\w-]{2,30})\)$/,
    weight: 88,
    below: { while: /^\t/, max: 2 },
    statement: 'The linter $4 objects to $1, line $2: $3',
    examples: {
      positive: ['cmd/server/main.go:31:12: Error return value of `db.Close` is not checked (errcheck)'],
      nearMiss: ['./main.go:14:2: undefined: fmt.Printn'],
    },
  },
  {
    ...lint,
    id: 'clang-tidy/finding',
    hints: [
      '-warnings-as-errors',
      '[bugprone-',
      '[modernize-',
      '[readability-',
      '[clang-analyzer-',
      '[performance-',
      '[cppcoreguidelines-',
      '[misc-',
      '[google-',
      '[cert-',
    ],
    pattern: /^(\S{1,300}):(\d{1,6}):\d{1,5}: error: (.{1,300}) \[([\w.,-]{3,200})\]$/,
    weight: 88,
    below: { while: /^\s+\S/, max: 2 },
    statement: 'clang-tidy objects to $1, line $2: $3 ($4)',
    examples: {
      positive: [
        '/w/src/cart.cc:17:9: error: use auto when initializing with a cast [modernize-use-auto,-warnings-as-errors]',
      ],
      nearMiss: ['/w/src/cart.cc:17:9: warning: use auto when initializing [modernize-use-auto]'],
    },
  },
  {
    ...lint,
    id: 'pre-commit/hook',
    hints: ['failed'],
    pattern: /^(\S.{0,80}?)\.{3,}(?:\(.{1,40}\))?Failed$/,
    weight: 82,
    below: { while: /^- (?:hook id|exit code|files were modified|duration)|^\s*$|^\S.{0,300}$/, max: 4 },
    statement: 'The pre-commit hook "$1" failed.',
    fixes: [
      { action: 'Run the hooks and commit what they changed.', command: 'pre-commit run --all-files', risk: 'low' },
    ],
    examples: {
      positive: ['black....................................................................Failed'],
      nearMiss: [
        'flake8...................................................................Passed',
        'download...Failed over',
      ],
    },
  },
  {
    ...lint,
    id: 'lintrunner/finding',
    hints: ['>>> lint for'],
    pattern: /^>>> Lint for (\S{1,300}):/,
    weight: 88,
    below: { while: /^\s*$|^\s{2,}\S/, max: 5 },
    statement: 'A linter objects to $1.',
    fixes: [{ action: 'Let the linters correct what they can.', command: 'lintrunner -a', risk: 'low' }],
    examples: { positive: ['>>> Lint for torch/nn/foo.py:'], nearMiss: ['ok No lint issues.', 'Lint for all files'] },
  },
  {
    ...lint,
    id: 'format/changes',
    hints: [
      'would reformat',
      'code style issues',
      'imports are incorrectly sorted',
      'not formatted',
      'reformatted',
      'run cargo fmt',
      'spotless',
      'formatting violations',
      '[warn] ',
    ],
    pattern:
      /^would reformat (\S{1,300})|Code style issues (?:found|were found).{0,200}|Imports are incorrectly sorted|^Diff in (\S{1,300}):?\d*:?$|(?:is|are) not (?:correctly |properly )?formatted|formatting violations|^(?:\[error\] )?File is not `?goimports`?-ed/i,
    weight: 80,
    above: { while: /^\[(?:warn|error)\] \S{1,300}$|^would reformat \S/, max: 4 },
    statement: 'A formatter would change files: $1$2',
    fixes: [{ action: 'Run the formatter and commit what it changed.', risk: 'low' }],
    examples: {
      positive: [
        'would reformat src/app/main.py',
        '[warn] Code style issues found in 2 files. Run Prettier with --write to fix.',
      ],
      nearMiss: ['1 file reformatted, 30 files left unchanged.', 'All matched files use Prettier code style!'],
    },
  },
  {
    ...lint,
    id: 'checkstyle/finding',
    hints: ['.java:', '.kt:', '.groovy:'],
    pattern:
      /^(?:\[(?:ERROR|WARN)\] |\[ant:checkstyle\] \[ERROR\] )(\S{1,300}\.(?:java|kt|groovy)):(\d{1,6})(?::\d{1,5})?: (.{1,300}) \[([A-Z]\w{2,60})\]/,
    weight: 88,
    statement: 'Checkstyle objects to $1, line $2: $3 ($4)',
    examples: {
      positive: [
        '[ERROR] /w/src/main/java/org/acme/App.java:14: Line is longer than 120 characters (found 131). [LineLength]',
      ],
      nearMiss: ['[ERROR] /w/src/main/java/org/acme/App.java:[14,3] cannot find symbol'],
    },
  },
  {
    ...lint,
    id: 'other-lint/finding',
    hints: [': c: ', ': e: ', ': w: ', 'sc1', 'sc2', 'sc3', 'dl3', 'dl4'],
    pattern:
      /^(\S{1,300}\.rb):(\d{1,6}):\d{1,5}: [CEWF]: (.{1,300})|^In (\S{1,300}) line (\d{1,6}):|\b(?:SC[123]\d{3}|DL[34]\d{3}) (?:\((?:error|warning)\)|error|warning): (.{1,300})/,
    weight: 80,
    statement: 'The linter objects to $1$4, line $2$5: $3$6',
    examples: {
      positive: [
        'lib/cart.rb:12:5: C: Style/IfUnlessModifier: Favor modifier if usage',
        'deploy.sh:3: SC2086 (warning): Double quote to prevent globbing',
      ],
      nearMiss: ['12 files inspected, no offenses detected'],
    },
  },
  {
    ...lint,
    id: 'sphinx/finding',
    hints: [': warning: ', ': error: '],
    pattern:
      /^(\S{1,300}\.(?:rst|md|ipynb|py)(?::docstring of [\w.]{1,200})?):(?:(\d{1,6}|<[\w-]{1,40}>):)? (?:WARNING|ERROR|CRITICAL|SEVERE): (.{1,300})/,
    role: 'symptom',
    lastResort: true,
    weight: 66,
    statement: 'Sphinx objects to $1, line $2: $3',
    examples: {
      positive: ["docs/index.rst:37: WARNING: undefined label: 'boundary-conditions'"],
      nearMiss: ['docs/index.rst:37: note', 'WARNING: the log level is low'],
    },
  },
  {
    ...lint,
    id: 'lint/summary',
    hints: [
      'found ',
      'warnings treated as errors',
      'warning treated as error',
      'you can reproduce these results',
      'offenses detected',
      'your code has been rated',
    ],
    pattern:
      /^Found [1-9]\d* errors? in \d+ files?|^Found [1-9]\d* errors?\.|(?<!\d)\d{1,9} warnings? treated as errors?|^You can reproduce these results locally by using|(?<!\d)[1-9]\d{0,8} offenses? detected/,
    role: 'wrapper',
    weight: 27,
    examples: {
      positive: ['Found 1 error in 1 file (checked 31 source files)', '1 warning treated as error'],
      nearMiss: ['Found 0 errors in 31 files', '12 files inspected, no offenses detected'],
    },
  },
]
