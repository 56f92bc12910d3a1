// make, CMake and Ninja.

import type { LogRule } from '../rule.ts'

const build = { phase: 'build', severity: 'high' } as const

export const makeRules: LogRule[] = [
  {
    ...build,
    id: 'cmake/error',
    hints: ['cmake error'],
    pattern: /^CMake Error(?: at (\S{1,300}):(\d+) \([\w ]{1,60}\))?:?(.{0,300})/,
    role: 'cause',
    weight: 86,
    category: 'configuration',
    below: { while: /^\s+\S|^$/, max: 10 },
    statement: 'CMake could not configure the project: $1 $3',
    examples: {
      positive: [
        'CMake Error at CMakeLists.txt:14 (find_package):',
        'CMake Error: The source directory "/src" does not exist.',
      ],
      nearMiss: ['CMake Warning at CMakeLists.txt:14 (message):', '-- Configuring incomplete, errors occurred!'],
    },
  },
  {
    ...build,
    id: 'make/no-rule',
    hints: ['no rule to make target'],
    pattern: /\*\*\* No rule to make target [`'‘]([^'’]{1,200})['’](?:, needed by [`'‘]([^'’]{1,200}))?/,
    role: 'cause',
    weight: 84,
    category: 'configuration',
    statement: 'make knows no way to build $1, needed by $2.',
    fixes: [{ action: 'Check that the file exists and that the target is spelled as in the Makefile.', risk: 'low' }],
    examples: {
      positive: ["make: *** No rule to make target 'src/util.c', needed by 'app'.  Stop."],
      nearMiss: ["make: 'app' is up to date."],
    },
  },
  {
    ...build,
    id: 'shell/command-not-found',
    hints: ['command not found', ': not found', 'no such file or directory'],
    pattern:
      /(?:^|: )(?:line \d+: )?([\w./+-]{1,100}): (?:command not found|not found)$|^make: ([\w./+-]{1,100}): No such file or directory|env: [‘'"]?([\w./+-]{1,100})[’'"]?: No such file or directory/,
    role: 'cause',
    weight: 78,
    category: 'dependency',
    statement: 'The command $1$2$3 is not installed, or not on the PATH.',
    fixes: [{ action: 'Install $1$2$3, or add its folder to the PATH.', risk: 'low' }],
    examples: {
      positive: [
        '/bin/sh: 1: cmake: not found',
        'deploy.sh: line 3: jq: command not found',
        'make: gcc: No such file or directory',
      ],
      nearMiss: ['404 page not found', 'checking for cmake... not found, using bundled'],
    },
  },
  {
    ...build,
    id: 'make/error',
    hints: ['error ', 'build stopped', 'failed:'],
    pattern:
      /^(?:g?make|mingw32-make)(?:\[\d+\])?: \*\*\* .{0,300}(?:Error|Segmentation|Killed|Terminated)|^ninja: build stopped|^FAILED: \S{1,300}|-- Configuring incomplete, errors occurred/,
    role: 'wrapper',
    weight: 24,
    category: 'unknown',
    examples: {
      positive: [
        'make: *** [Makefile:12: app] Error 2',
        'make[1]: *** [all] Error 1',
        'ninja: build stopped: subcommand failed.',
        'FAILED: src/app.o ',
      ],
      nearMiss: ['make: Entering directory', 'FAILED tests/test_a.py'],
    },
  },
]
