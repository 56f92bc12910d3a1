// PHP, Composer and PHPUnit.

import type { LogRule } from '../rule.ts'

export const phpRules: LogRule[] = [
  {
    id: 'php/fatal',
    hints: ['php fatal', 'fatal error: ', 'parse error: ', 'php parse'],
    pattern: /^(?:PHP )?(?:Fatal|Parse) error:\s{1,2}(.{1,400}) in (\S{1,300}?)(?: on line |:)(\d{1,6})/,
    role: 'cause',
    weight: 84,
    category: 'runtime',
    phase: 'run',
    severity: 'high',
    below: { while: /^#\d+ |^Stack trace:|^\s+thrown/, max: 8 },
    statement: 'PHP stopped in $2, line $3: $1',
    examples: {
      positive: ['PHP Fatal error:  Uncaught TypeError: total(): Argument #1 must be of type int in /app/cart.php:12'],
      nearMiss: [
        'PHP Warning:  Undefined variable $x in /app/cart.php on line 3',
        'fatal error: a.h: No such file or directory',
      ],
    },
  },
  {
    id: 'composer/resolve',
    hints: ['your requirements could not be resolved', '- root composer.json requires'],
    pattern:
      /Your requirements could not be resolved to an installable set|^\s+- Root composer\.json requires (.{1,200})/,
    role: 'cause',
    weight: 84,
    category: 'dependency',
    phase: 'install',
    severity: 'high',
    below: { while: /^\s*$|^\s+\S/, max: 6 },
    statement: 'Composer found no set of packages that fits together. $1',
    examples: {
      positive: ['Your requirements could not be resolved to an installable set of packages.'],
      nearMiss: ['Generating optimized autoload files'],
    },
  },
  {
    id: 'phpunit/failure',
    hints: ['::'],
    pattern: /^\d{1,5}\) ((?:\w{1,100}\\){0,10}\w{1,100}::\w{1,200})/,
    role: 'cause',
    weight: 78,
    category: 'test',
    phase: 'test',
    severity: 'high',
    below: { while: /\S/, max: 6 },
    statement: 'The test $1 failed.',
    examples: { positive: ['1) Acme\\Tests\\CartTest::testTotal'], nearMiss: ['1) First install Acme::Cart'] },
  },
]
