// CI systems: what they say about the job itself.

import type { LogRule } from '../rule.ts'

const infrastructure = { category: 'infrastructure', phase: 'unknown', severity: 'high' } as const

export const ciRules: LogRule[] = [
  {
    ...infrastructure,
    id: 'ci/runner-lost',
    hints: [
      'lost communication',
      'runner has received a shutdown',
      'runner system failure',
      'the operation was canceled',
      'agent went offline',
      'spot instance',
      'worker-shutdown',
      'claim-expired',
    ],
    pattern:
      /lost communication with the server|received a shutdown signal|runner system failure|The operation was cancell?ed|agent (?:went|is) offline|[Ss]pot instance (?:termination|interruption)|\bworker-shutdown\b|\bclaim-expired\b/,
    role: 'symptom',
    weight: 58,
    statement: 'The machine that ran the job was taken away, or the job was cancelled.',
    fixes: [
      { action: 'Run the job again; if it recurs, look at the memory and the age limit of the runner.', risk: 'low' },
    ],
    examples: {
      positive: ['##[error]The runner has received a shutdown signal.', '##[error]The operation was canceled.'],
      nearMiss: ['runner is online'],
    },
  },
  {
    ...infrastructure,
    id: 'ci/time-limit',
    hints: [
      'exceeded the maximum execution time',
      'execution took longer than',
      'script_failure',
      'task timeout',
      'max run time exceeded',
      'aborting task',
    ],
    pattern:
      /exceeded the maximum execution time|execution took longer than|job execution timeout|max run time exceeded|Aborting task|[Tt]ask timeout after/i,
    role: 'cause',
    weight: 80,
    category: 'timeout',
    statement: 'The job ran longer than the CI system allows.',
    fixes: [{ action: 'Find the step that hangs or has become slow; raise the limit only then.', risk: 'low' }],
    examples: {
      positive: [
        '##[error]The job running on runner linux-1 has exceeded the maximum execution time of 360 minutes.',
        'ERROR: Job failed: execution took longer than 1h0m0s seconds',
      ],
      nearMiss: ['execution took 3 s'],
    },
  },
  {
    ...infrastructure,
    id: 'git/fatal',
    hints: ['fatal: ', 'merge conflict', 'error: pathspec', 'rejected'],
    pattern:
      /^(?:\S{0,40} )?fatal: (.{1,300})|CONFLICT \((.{1,200})|error: pathspec (.{1,200})|! \[(?:remote )?rejected\] (.{1,200})/,
    role: 'cause',
    weight: 76,
    phase: 'checkout',
    category: 'infrastructure',
    statement: 'git: $1$2$3$4',
    examples: {
      positive: [
        "fatal: repository 'https://github.com/acme/none/' not found",
        'CONFLICT (content): Merge conflict in src/cart.ts',
      ],
      nearMiss: ['non-fatal: retrying', 'no conflicts'],
    },
  },
  {
    ...infrastructure,
    id: 'ci/test-unexpected',
    hints: ['test-unexpected-', 'process-crash'],
    pattern: /(?:^|\| |- )(TEST-UNEXPECTED-[A-Z]+|PROCESS-CRASH) \| (.{1,400})/,
    role: 'cause',
    weight: 86,
    category: 'test',
    phase: 'test',
    below: { while: /^\s{2,}\S/, max: 6 },
    statement: 'A browser test ended unexpectedly: $2',
    examples: {
      positive: [
        'TEST-UNEXPECTED-FAIL | dom/tests/test_a.html | got 1, expected 2',
        'PROCESS-CRASH | application crashed [@ foo::bar]',
      ],
      nearMiss: ['TEST-PASS | dom/tests/test_a.html', 'TEST-KNOWN-FAIL | a'],
    },
  },
  {
    ...infrastructure,
    id: 'ci/annotation',
    hints: ['##[error]', '::error'],
    pattern:
      /^(?:##\[error\]|::error[^:]{0,200}::)(?!Process completed|The process '.{0,200}' failed with exit code|Bash exited with code)(.{1,400})/,
    role: 'symptom',
    weight: 64,
    category: 'unknown',
    statement: '$1',
    examples: {
      positive: [
        '##[error]Unable to find a match for the version 99 of Node',
        '::error file=a.ts,line=3::unexpected any',
      ],
      nearMiss: ['##[error]Process completed with exit code 1.', '##[warning]slow'],
    },
  },
  {
    ...infrastructure,
    id: 'ci/exit-code',
    hints: [
      'exit code',
      'exit status',
      'exited with',
      'job failed',
      'build step',
      'finished: failure',
      'non-zero',
      'returned exit',
    ],
    pattern:
      /(?:completed with|failed with|exited with|returned|[Jj]ob failed:|command terminated with|Exit|ended with)\s?(?:a )?(?:exit )?(?:code|status)?:?\s?(?:exit )?(?:code|status)? ?[1-9]\d{0,2}\b|Finished: FAILURE|Build step .{1,100} marked build as failure|exit (?:code|status):? ?[1-9]\d{0,2}\b/,
    unless: /HTTP|http/,
    role: 'wrapper',
    weight: 18,
    category: 'unknown',
    statement: 'A step of the job ended with an error; the log shows no reason for it.',
    examples: {
      positive: [
        '##[error]Process completed with exit code 1.',
        'ERROR: Job failed: exit code 2',
        'Finished: FAILURE',
        'exit status 1',
      ],
      nearMiss: ['Process completed with exit code 0', 'Finished: SUCCESS'],
    },
  },
]
