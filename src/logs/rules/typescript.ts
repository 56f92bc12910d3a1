// tsc, ESLint and the bundlers that report for them.

import type { LogRule } from '../rule.ts'

const compile = { category: 'compile', phase: 'build', severity: 'high' } as const

export const typescriptRules: LogRule[] = [
  {
    ...compile,
    id: 'tsc/missing-module',
    hints: ['ts2307', 'ts7016', 'ts2792'],
    pattern:
      /error TS(?:2307|7016|2792): (?:Cannot find module|Could not find a declaration file for module) '([^']{1,200})'/,
    role: 'cause',
    weight: 88,
    category: 'dependency',
    statement: "TypeScript found no module or types for '$1'.",
    fixes: [{ action: "Add '$1' (or its @types package) to package.json, or correct the path.", risk: 'low' }],
    examples: {
      positive: ["src/api.ts(3,20): error TS2307: Cannot find module 'zod' or its corresponding type declarations."],
      nearMiss: ["Cannot find module 'zod'", 'info TS2307 is explained in the handbook'],
    },
  },
  {
    ...compile,
    id: 'tsc/error',
    hints: ['error ts'],
    pattern: /(?<=^|\s)error TS\d{4,5}: (.{1,400})/,
    role: 'cause',
    weight: 84,
    below: { while: /^\s{2,}\S|^\d+\s|^\s*~+/, max: 6 },
    statement: 'TypeScript rejected the code: $1',
    examples: {
      positive: [
        "src/app.ts(12,5): error TS2322: Type 'string' is not assignable to type 'number'.",
        "src/app.ts:12:5 - error TS2339: Property 'nmae' does not exist on type 'User'.",
      ],
      nearMiss: ['Found 0 errors. Watching for file changes.', 'warning TS6133: declared but never used'],
    },
  },
  {
    ...compile,
    id: 'eslint/error',
    hints: ['  error  '],
    pattern: /^\s+\d+:\d+\s+error\s{2,}(.{1,300}?)(?:\s{2,}([\w@/-]{2,80}))?$/,
    role: 'cause',
    weight: 74,
    category: 'lint',
    severity: 'medium',
    above: { while: /^\s+\d+:\d+\s|^\/\S|^\S+\.\w{2,4}$/, max: 3 },
    statement: 'The linter reported an error: $1',
    fixes: [{ action: 'Correct the line, or let the linter do it.', command: 'npx eslint --fix .', risk: 'low' }],
    examples: {
      positive: ["  12:7  error  'unused' is assigned a value but never used  no-unused-vars"],
      nearMiss: ['  12:7  warning  Unexpected console statement  no-console'],
    },
  },
  {
    ...compile,
    id: 'bundler/error',
    hints: ['module not found', 'failed to resolve', 'could not resolve', 'failed to compile'],
    pattern:
      /Module not found: (?:Error: )?(.{1,300})|Failed to resolve import (.{1,300})|(?:✘ \[ERROR\] |error: )?Could not resolve (".{1,200}")/i,
    unless: /resolve host/i,
    role: 'cause',
    weight: 82,
    category: 'dependency',
    statement: 'The bundler could not resolve a module: $1$2$3',
    fixes: [{ action: 'Install the missing package or correct the import path.', risk: 'low' }],
    examples: {
      positive: [
        "Module not found: Error: Can't resolve './Button' in '/app/src'",
        '✘ [ERROR] Could not resolve "lodash"',
        '[vite]: Rollup failed to resolve import: Failed to resolve import "vue" from "src/main.ts".',
      ],
      nearMiss: ['Could not resolve host: github.com', 'All modules resolved'],
    },
  },
  {
    ...compile,
    id: 'tsc/summary',
    hints: ['found ', 'problems ('],
    pattern: /^Found [1-9]\d* errors?\b|✖ [1-9]\d* problems? \([1-9]\d* errors?/,
    role: 'wrapper',
    weight: 28,
    examples: {
      positive: ['Found 3 errors in 2 files.', '✖ 4 problems (2 errors, 2 warnings)'],
      nearMiss: ['Found 0 errors.', '✖ 4 problems (0 errors, 4 warnings)'],
    },
  },
]
