// Node.js: uncaught errors, missing modules, heap exhaustion, ports in use.

import type { LogRule } from '../rule.ts'

const runtime = { category: 'runtime', phase: 'run', severity: 'high' } as const
const frames = {
  while: /^\s+at |^\s+(?:code|errno|syscall|requireStack|address|port|cause|\[cause\]):|^\s*\{$|^Require stack:|^- /,
  max: 6,
}

export const nodeRules: LogRule[] = [
  {
    ...runtime,
    id: 'node/missing-module',
    hints: ['cannot find module', 'cannot find package', 'err_module_not_found'],
    pattern: /Error(?: \[ERR_MODULE_NOT_FOUND\])?: Cannot find (?:module|package) '([^']{1,200})'/,
    unless: /error TS\d/,
    role: 'cause',
    weight: 86,
    category: 'dependency',
    below: frames,
    statement: "Node.js did not find the module '$1'.",
    fixes: [
      {
        action: "Install '$1' or correct the path; after a build, check that the file was emitted.",
        command: 'npm install',
        risk: 'low',
      },
    ],
    examples: {
      positive: [
        "Error: Cannot find module 'express'",
        "Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'zod' imported from /app/main.js",
      ],
      nearMiss: ["src/a.ts(1,1): error TS2307: Cannot find module 'zod'"],
    },
  },
  {
    ...runtime,
    id: 'node/heap',
    hints: ['heap out of memory', 'heap limit'],
    pattern: /FATAL ERROR: .{0,100}(?:heap out of memory|heap limit)/,
    role: 'cause',
    weight: 90,
    category: 'resource',
    severity: 'critical',
    statement: 'The Node.js process ran out of heap.',
    fixes: [
      {
        action: 'Raise the limit, or find what grows.',
        command: 'NODE_OPTIONS=--max-old-space-size=4096',
        risk: 'low',
      },
    ],
    examples: {
      positive: [
        'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
        'FATAL ERROR: Ineffective mark-compacts near heap limit Allocation failed - JavaScript heap out of memory',
      ],
      nearMiss: ['heap used: 40 MB'],
    },
  },
  {
    ...runtime,
    id: 'node/port-in-use',
    hints: ['eaddrinuse', 'address already in use'],
    pattern: /EADDRINUSE.{0,40}?(?::(\d{2,5}))?(?:\s|$)|(?:bind|listen).{0,80}[Aa]ddress already in use/,
    role: 'cause',
    weight: 86,
    category: 'configuration',
    statement: 'The address that the program wants to listen on is taken by another process.',
    fixes: [{ action: 'Stop the other process or choose another port.', command: 'ss -ltnp', risk: 'low' }],
    examples: {
      positive: [
        'Error: listen EADDRINUSE: address already in use :::3000',
        'nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)',
      ],
      nearMiss: ['address in use is 10.0.0.1'],
    },
  },
  {
    ...runtime,
    id: 'node/error',
    hints: ['error'],
    pattern:
      /^(?:Uncaught |Unhandled(?:PromiseRejection)?:? )?((?:[A-Z]\w{0,40}Error|Error \[\w{1,60}\])(?: \[\w{1,60}\])?): (.{1,400})/,
    role: 'cause',
    weight: 72,
    below: frames,
    statement: 'The program threw $1: $2',
    examples: {
      positive: [
        "TypeError: Cannot read properties of undefined (reading 'id')",
        'TypeError [ERR_INVALID_ARG_TYPE]: The "path" argument must be of type string',
      ],
      nearMiss: ['ErrorBoundary: mounted', 'no Error: here', 'Error: no such table: users'],
    },
  },
  {
    // Node's, and that of many other programs: what it is about says the rest of the line.
    ...runtime,
    id: 'node/plain-error',
    hints: ['error'],
    pattern: /^(?:Uncaught |Unhandled(?:PromiseRejection)?:? )?Error: (.{1,400})/,
    role: 'cause',
    weight: 71,
    category: 'unknown',
    phase: 'unknown',
    below: frames,
    statement: '$1',
    examples: {
      positive: ['Error: no such table: users'],
      nearMiss: ['no Error: here', 'TypeError: x is not a function'],
    },
  },
  {
    ...runtime,
    id: 'node/unhandled-rejection',
    hints: ['unhandled', 'uncaught'],
    pattern: /\b(?:unhandled ?(?:promise ?)?rejection|uncaught ?exception)\b/i,
    unless: /process\.on|handler (?:installed|registered)/i,
    role: 'symptom',
    weight: 60,
    below: { while: /\S/, max: 4 },
    statement: 'An error in the program was not handled.',
    examples: {
      positive: ['(node:12) Unhandled promise rejection: boom', 'Uncaught exception: boom'],
      nearMiss: ["process.on('uncaughtException', stop)"],
    },
  },
]
