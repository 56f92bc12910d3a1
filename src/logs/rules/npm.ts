// npm, yarn and pnpm.

import type { LogRule } from '../rule.ts'

const install = { category: 'dependency', phase: 'install', severity: 'high' } as const
const err = String.raw`^npm (?:ERR!|error) `

export const npmRules: LogRule[] = [
  {
    ...install,
    id: 'npm/resolve-conflict',
    hints: ['eresolve', 'unable to resolve dependency tree', 'could not resolve dependency'],
    pattern: new RegExp(String.raw`${err}(?:code ERESOLVE|ERESOLVE (.{1,200})|Could not resolve dependency)`),
    role: 'cause',
    weight: 84,
    below: { while: /^npm (?:ERR!|error)/, max: 14 },
    statement: 'npm found packages whose peer dependencies exclude each other.',
    fixes: [
      { action: 'Choose versions that accept each other; the lines name the package that objects.', risk: 'low' },
      {
        action: 'Ignore peer dependencies, if you know that the versions work together.',
        command: 'npm install --legacy-peer-deps',
        risk: 'medium',
      },
    ],
    examples: {
      positive: ['npm ERR! code ERESOLVE', 'npm error ERESOLVE unable to resolve dependency tree'],
      nearMiss: ['npm WARN ERESOLVE overriding peer dependency'],
    },
  },
  {
    ...install,
    id: 'npm/lock-out-of-sync',
    hints: ['eusage', 'npm ci', 'frozen-lockfile', 'err_pnpm_outdated_lockfile', 'yn0028'],
    pattern:
      /`npm ci` can only install packages when your package\.json and package-lock\.json.{0,80}are in sync|ERR_PNPM_OUTDATED_LOCKFILE|Your lockfile needs to be updated, but yarn was run with `--frozen-lockfile`|YN0028: .{1,200}/,
    role: 'cause',
    weight: 88,
    statement: 'The lock file does not match package.json.',
    fixes: [{ action: 'Update the lock file and commit it.', command: 'npm install --package-lock-only', risk: 'low' }],
    examples: {
      positive: [
        'npm ERR! `npm ci` can only install packages when your package.json and package-lock.json or npm-shrinkwrap.json are in sync.',
      ],
      nearMiss: ['running npm ci', 'lockfile is up to date'],
    },
  },
  {
    ...install,
    id: 'npm/not-found',
    hints: [
      'e404',
      'etarget',
      'no matching version',
      'err_pnpm_fetch_404',
      'err_pnpm_no_matching',
      "couldn't find package",
      'yn0035',
      'yn0027',
      'yn0082',
    ],
    pattern:
      /^npm (?:ERR!|error) (?:code (?:E404|ETARGET)|404 .{0,200}|notarget .{0,200})|ERR_PNPM_(?:FETCH_404|NO_MATCHING_VERSION).{0,200}|error Couldn't find package .{1,200}|YN00(?:35|27|82): .{1,200}(?:not found|No candidates|can't be resolved).{0,100}/,
    role: 'cause',
    weight: 84,
    below: { while: /^npm (?:ERR!|error)/, max: 6 },
    statement: 'A package or the requested version of it does not exist in the registry.',
    fixes: [
      { action: 'Check the name and version, and the registry and credentials for private packages.', risk: 'low' },
    ],
    examples: {
      positive: ['npm ERR! code E404', 'npm error code ETARGET'],
      nearMiss: ['npm http fetch GET 404', 'npm WARN deprecated'],
    },
  },
  {
    ...install,
    id: 'npm/missing-script',
    hints: ['missing script'],
    pattern: /(?:npm (?:ERR!|error) )?Missing script: "?([\w:.-]{1,100})/i,
    role: 'cause',
    weight: 84,
    category: 'configuration',
    phase: 'build',
    statement: 'package.json has no script named $1.',
    fixes: [{ action: 'Add the script, or call one that exists.', command: 'npm run', risk: 'low' }],
    examples: {
      positive: ['npm ERR! Missing script: "biuld"', 'npm error Missing script: "test:unit"'],
      nearMiss: ['scripts: build, test'],
    },
  },
  {
    ...install,
    id: 'npm/error',
    hints: ['npm err! ', 'npm error '],
    pattern:
      /^npm (?:ERR!|error) (?!code (?:ELIFECYCLE|\d)|errno|A complete log|path |command |Lifecycle|workspace|\s*$|in workspace|at location|Failed at the|This is probably not|Exit status|signal|\s+\/)(\S.{0,300})/,
    role: 'symptom',
    weight: 42,
    statement: 'npm: $1',
    examples: {
      positive: ['npm ERR! network request failed, reason: getaddrinfo ENOTFOUND', 'npm error code EACCES'],
      nearMiss: ['npm ERR! A complete log of this run can be found in:', 'npm ERR! code ELIFECYCLE'],
    },
  },
  {
    ...install,
    id: 'npm/lifecycle',
    hints: ['elifecycle', 'command failed with exit code', 'failed at the', 'lifecycle script'],
    pattern:
      /npm (?:ERR!|error) (?:code ELIFECYCLE|Lifecycle script|Failed at the|errno \d)|ELIFECYCLE\s+Command failed|^error Command failed with exit code/,
    role: 'wrapper',
    weight: 22,
    category: 'unknown',
    phase: 'unknown',
    examples: {
      positive: [
        'npm ERR! code ELIFECYCLE',
        ' ELIFECYCLE  Command failed with exit code 1.',
        'error Command failed with exit code 2.',
      ],
      nearMiss: ['npm ERR! code ERESOLVE'],
    },
  },
]
