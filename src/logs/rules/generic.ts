// Severity words of no particular tool: what is left when nothing above knows the line.

import type { LogRule } from '../rule.ts'

const unknown = { category: 'unknown', phase: 'unknown' } as const

/** Words about errors that are none: counts of zero, names of files and functions, options, what is done about errors. */
const ignorable =
  /\b(?:0|no|without|zero|any) (?:errors?|failures?|failed|exceptions?|fatal)|(?:errors?|failures?|failed|fail)["']?[:= ]{1,3}(?:0\b|\[\]|none|false|null)|[-_./](?:errors?|fail(?:ed|ures?)?|exceptions?)\b[-_./\w]{1,80}|\/(?:errors?|failures?|exceptions?|fail)\b|\b(?:errors?|exceptions?|failures?)[-_./]\w{1,80}|(?<!\S)--?[\w-]{0,40}(?:error|fail)[\w-]{0,40}|\b(?:if|when|on|in case of|handle[sd]?|handling|catch|ignore[sd]?|ignoring|expected|recovered from|fixed|fixes|retry on|continue-on|test|tests|checking) (?:an? |the |any |all |for )?(?:\w{1,40} )?(?:errors?|exceptions?|failures?|fails?)\b/gi

/** Lines that are no failure whatever words they have: success, scripts, what a tool is about to do. */
const harmless =
  /\b(?:passed|succeeded|success|ok)$|^\s*(?:[+$]|\/\/|\*(?!\*|[EF],)|Run |echo |##\[(?:group|command|debug|section)\]|\[command\])|^> [\w@/.-]{1,80}(?:@\S{1,80})? \w+$|✓|✔|\bskipp(?:ing|ed)\b|\bfall(?:ing|s)? ?back\b|\bfailed over\b|, using |\boptional\b|^-- |^checking |Performing Test|Looking for|\bPASS(?:ED)?\b|\.\.\. ok\b|\bX(?:FAIL|PASS)(?:ED)?\b|debconf: |invoke-rc\.d|^\s*(?:Compiling|Downloading|Downloaded|Building|Collecting|Installing|Linking|Unpacking|Setting up) /i

/** A word of severity at the place where loggers put it: first in the line, in brackets, after `level=`. */
const level = (names: string) =>
  String.raw`(?:^(?:\S{1,80}: )?(?:${names})\b ?[:!|\]]|^(?:${names}) |[\s[(|"=<](?:${names})[\]|">)](?!\w)|[\s|](?:${names})(?::|\s-|\s{2,}|\s\[)|\blevel["']?[=:]\s?["']?(?:${names})\b)`

export const genericRules: LogRule[] = [
  {
    ...unknown,
    id: 'generic/klog',
    hints: ['.go:'],
    pattern: /^[EF]\d{4} \d\d:\d\d:\d\d\S* +\d+ \S+\.go:\d+\] (.{1,300})/,
    role: 'symptom',
    weight: 56,
    severity: 'high',
    statement: '$1',
    examples: {
      positive: ['E0501 12:00:00.000000       1 leader.go:12] lost the lease'],
      nearMiss: ['I0501 12:00:00.000000       1 leader.go:12] took the lease'],
    },
  },
  {
    ...unknown,
    id: 'generic/fatal',
    hints: ['fatal', 'panic', 'critical', 'crit', 'emerg', 'alert', 'abend'],
    pattern: new RegExp(
      String.raw`${level('FATAL|PANIC|CRITICAL|EMERG(?:ENCY)?|ALERT|crit|critical|emerg|panic|fatal|Fatal|Critical')}\W{0,4}(\S.{0,300})|(?:^|[\s:])(?:fatal error|FATAL (?:[A-Z]{1,20} ){0,3}ERROR|unrecoverable error)\b(.{0,300})|\bABEND[= ]?(\S.{0,200})`,
    ),
    ignore: ignorable,
    unless: harmless,
    role: 'symptom',
    general: true,
    weight: 62,
    severity: 'critical',
    below: { while: /^\s+at |^\s{4,}\S|^Caused by/, max: 5 },
    statement: '$1$2$3',
    examples: {
      positive: [
        'FATAL: database files are incompatible with server',
        '[CRITICAL] worker 3 lost its lease',
        'level=fatal msg="cannot open config"',
        '*** FATAL TABLE FILE ERROR (acme 3.1) ***',
        'IEF450I PAYROLL STEP03 - ABEND=S013 U0000 REASON=00000018',
      ],
      nearMiss: ['non-fatal condition', '0 fatal errors', 'Compiling panic v0.8.1', 'the panic is over'],
    },
  },
  {
    ...unknown,
    id: 'generic/error-level',
    hints: ['error', 'severe', 'err'],
    pattern: new RegExp(String.raw`${level('ERROR|SEVERE|ERR|error|err|E')}\W{0,4}(\S.{0,300})`),
    ignore: ignorable,
    unless: harmless,
    role: 'symptom',
    general: true,
    weight: 54,
    severity: 'high',
    below: { while: /^\s+at |^\s{4,}\S|^Caused by|^Traceback/, max: 5 },
    statement: '$1',
    examples: {
      positive: [
        'ERROR could not load plugin acme',
        '2:M ERROR [acme.Cart] - order 7 rejected',
        'level=error msg="dial failed"',
        'tool: error: no such widget',
      ],
      nearMiss: ['ERROR_CODE=0', 'INFO no errors found', 'ERRATA published'],
    },
  },
  {
    ...unknown,
    id: 'generic/error-colon',
    hints: ['error'],
    pattern:
      /(?:^|[\s:\])*])(?:[\w-]{0,30}[ _-])?[Ee]rror(?: \w{1,12}|,\w{1,12})?: ?(\S.{0,300})|^\*[EF],\w{1,12}.{0,300}/,
    ignore: ignorable,
    unless: harmless,
    role: 'symptom',
    general: true,
    weight: 52,
    severity: 'high',
    below: { while: /^\s+at |^\s{4,}\S/, max: 4 },
    statement: '$1',
    examples: {
      positive: [
        'terraform: Error: Invalid provider configuration',
        'configure: error: C compiler cannot create executables',
        'Parse error: unexpected end of file',
      ],
      nearMiss: ['error: 0', 'on error: retry the step'],
    },
  },
  {
    ...unknown,
    id: 'generic/exception',
    hints: ['exception', 'traceback'],
    pattern:
      /\b(?:[A-Z]\w{2,60}Exception)\b:? ?(.{0,300})|^Traceback \(most recent call last\)|\bunhandled exception\b/i,
    ignore: ignorable,
    unless: harmless,
    role: 'symptom',
    general: true,
    weight: 48,
    severity: 'high',
    below: { while: /^\s+at |^\s{2,}\S/, max: 6 },
    examples: {
      positive: [
        'Unhandled exception. System.InvalidOperationException: Sequence contains no elements',
        'Traceback (most recent call last):',
      ],
      nearMiss: ['without exception', 'exceptions.py compiled'],
    },
  },
  {
    ...unknown,
    id: 'generic/failed',
    hints: [
      'fail',
      'cannot',
      "can't",
      'could not',
      "couldn't",
      'unable to',
      'abort',
      'not executed',
      'gave up',
      'stopped via',
    ],
    pattern:
      /\b(?:FAIL(?:ED|URE)?|[Ff]ail(?:ed|ure)\b(?: to)?|[Cc]annot|[Cc]an't|[Cc]ould(?: not|n't)|[Uu]nable to|[Aa]borted|[Aa]borting)\b.{0,200}/,
    ignore: ignorable,
    unless: harmless,
    role: 'symptom',
    general: true,
    weight: 42,
    severity: 'medium',
    examples: {
      positive: [
        'Failed to load cart: unit missing',
        'unable to open database file',
        'Cannot read config /etc/cart.yml',
      ],
      nearMiss: ['0 failed, 12 passed', 'fail-fast: true', 'request failed over to replica 2'],
    },
  },
  {
    ...unknown,
    id: 'generic/complaint',
    hints: [
      'unknown',
      'undefined',
      'undeclared',
      'invalid',
      'unexpected',
      'illegal',
      'missing',
      'unresolved',
      'mismatch',
      'not found',
      'does not exist',
      'no such',
      'unsupported',
      'expected',
      'damaged',
      'corrupt',
      'violat',
      'unterminated',
      'malformed',
      'misspelled',
      'unrecognized',
      'unrecognised',
      'ambiguous',
      'already in use',
      'unbound',
    ],
    pattern:
      /\b(?:unknown|undefined|undeclared|invalid|unexpected|illegal|missing|unresolved|mismatch(?:ed)?|not found|does not exist|[Nn]o such|unsupported|malformed|misspelled|unrecogni[sz]ed|ambiguous|already in use|[Uu]nbound (?:value|variable)|damaged|corrupt(?:ed)?|violat(?:es|ion))\b|\bexpected .{1,80} (?:but|got|found|actual)\b/i,
    ignore: ignorable,
    unless: new RegExp(`${harmless.source}|\\bwarn(?:ing)?\\b|\\bINFO\\b|\\bDEBUG\\b|deprecated`, 'i'),
    role: 'symptom',
    general: true,
    weight: 42,
    severity: 'medium',
    examples: {
      positive: [
        "frob: E102 widget 'y' refers to unknown gadget 'z' at project.frob:44",
        'expected 3 arguments but found 2',
      ],
      nearMiss: ['warning: unknown option ignored', '-- Looking for pthread_create in pthreads - not found'],
    },
  },
]
