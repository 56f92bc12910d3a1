// Packages of operating systems and of Python's other tools: apt, dnf, apk, conda, poetry, uv.

import type { LogRule } from '../rule.ts'

const install = { category: 'dependency', phase: 'install', severity: 'high' } as const

export const packageRules: LogRule[] = [
  {
    ...install,
    id: 'apt/package',
    hints: ['e: ', 'unmet dependencies', 'dpkg: error'],
    pattern:
      /^(?:\d+\.\d+ )?E: (Unable to locate package .{1,100}|Package '.{1,100}' has no installation candidate|Version '.{1,100}' for '.{1,100}' was not found|Unable to correct problems.{0,200}|Unmet dependencies.{0,200}|Couldn't find any package.{0,200}|Sub-process .{1,200} returned an error.{0,60})|The following packages have unmet dependencies|^dpkg: error (.{1,200})/,
    role: 'cause',
    weight: 86,
    statement: 'apt: $1$2',
    fixes: [
      {
        action: 'Check the name of the package and the release of the system; update the lists first.',
        command: 'apt-get update',
        risk: 'low',
      },
    ],
    examples: {
      positive: ['E: Unable to locate package libfoo-dev', "E: Package 'python2' has no installation candidate"],
      nearMiss: ['Reading package lists... Done', 'E: some other text'],
    },
  },
  {
    ...install,
    id: 'apt/fetch',
    hints: [
      'e: failed to fetch',
      'err:',
      'hash sum mismatch',
      'is not signed',
      'no longer has a release file',
      'does not have a release file',
      'could not get lock',
    ],
    pattern:
      /^(?:\d+\.\d+ )?E: (Failed to fetch .{1,300}|The repository .{1,200} (?:is not signed|does(?: not|n't) have a Release file|no longer has a Release file).{0,60}|Could not get lock .{1,200})|Hash Sum mismatch/,
    role: 'cause',
    weight: 85,
    category: 'network',
    statement: 'apt could not fetch from a repository: $1',
    examples: {
      positive: ['E: Failed to fetch http://archive.ubuntu.com/ubuntu/pool/x.deb  404  Not Found [IP: 1.2.3.4 80]'],
      nearMiss: ['Get:1 http://archive.ubuntu.com/ubuntu jammy InRelease'],
    },
  },
  {
    ...install,
    id: 'rpm/package',
    hints: [
      'no match for argument',
      'unable to find a match',
      'error downloading packages',
      'nothing provides',
      'unsatisfiable constraints',
      'unable to select packages',
    ],
    pattern:
      /Error: Unable to find a match: (.{1,200})|No match for argument: (.{1,100})|Error downloading packages:|nothing provides (.{1,200})|ERROR: unable to select packages:|unsatisfiable constraints/,
    role: 'cause',
    weight: 84,
    below: { while: /^\s{2,}\S/, max: 4 },
    statement: 'The package manager found no fitting package. $1$2$3',
    examples: {
      positive: ['Error: Unable to find a match: libfoo-devel', 'ERROR: unable to select packages:'],
      nearMiss: ['Complete!', 'OK: 12 MiB in 20 packages'],
    },
  },
  {
    ...install,
    id: 'conda/resolve',
    hints: [
      'packagesnotfounderror',
      'unsatisfiableerror',
      'libmambaunsatisfiable',
      'condahttperror',
      'resolvepackagenotfound',
      'could not solve for environment',
    ],
    pattern:
      /^\s*(?:PackagesNotFoundError|UnsatisfiableError|LibMambaUnsatisfiableError|ResolvePackageNotFound|CondaHTTPError): ?(.{0,300})|Could not solve for environment specs/,
    role: 'cause',
    weight: 86,
    below: { while: /^\s+\S|^\s*$/, max: 6 },
    statement: 'conda could not put the environment together. $1',
    examples: {
      positive: ['PackagesNotFoundError: The following packages are not available from current channels:'],
      nearMiss: ['Solving environment: done'],
    },
  },
  {
    ...install,
    id: 'poetry/resolve',
    hints: ['version solving failed', 'no solution found when resolving', 'because ', 'poetry.lock', 'lockfile at'],
    pattern:
      /version solving failed|No solution found when resolving (?:dependencies|script|tool)|pyproject\.toml changed significantly since poetry\.lock|The lockfile at `uv\.lock` needs to be updated/,
    role: 'cause',
    weight: 86,
    above: { while: /^\s*(?:Because|And because|So, because|Thus) /, max: 6 },
    below: { while: /^\s+\S/, max: 6 },
    statement: 'No set of versions satisfies all requirements.',
    fixes: [
      {
        action: 'Loosen the version that the lines name, or update the lock file.',
        command: 'poetry lock',
        risk: 'medium',
      },
    ],
    examples: {
      positive: [
        '  × No solution found when resolving dependencies:',
        'So, because shop depends on money (^9.0), version solving failed.',
      ],
      nearMiss: ['Resolving dependencies...', 'Installing dependencies from lock file'],
    },
  },
]
