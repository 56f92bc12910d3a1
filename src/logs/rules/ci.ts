// CI systems: what they say about the job itself.

import type { LogRule } from '../rule.ts'

const infrastructure = { category: 'infrastructure', phase: 'unknown', severity: 'high' } as const

export const ciRules: LogRule[] = [
  {
    ...infrastructure,
    id: 'ci/runner-lost',
    hints: [
      'lost communication',
      'received a shutdown signal',
      'runner system failure',
      'the operation was canceled',
      'agent went offline',
      'spot instance',
      'worker-shutdown',
      'claim-expired',
      'self-hosted runner lost',
      'no runner',
      'hudson.remoting',
      'agent was removed',
    ],
    pattern:
      /lost communication with the server|received a shutdown signal|runner system failure|The operation was cancell?ed|agent (?:went|is) offline|[Ss]pot instance (?:termination|interruption)|\bworker-shutdown\b|\bclaim-expired\b|self-hosted runner lost|hudson\.remoting\.(?:ChannelClosed|RequestAborted)Exception|[Nn]o runners? (?:is|are|was|were) (?:available|online|assigned)|[Aa]gent was removed/,
    role: 'cause',
    weight: 80,
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
      'has timed out after',
      'timed out. again',
      'no output has been received',
      'build timed out',
      'ran longer than the maximum',
      'without output',
    ],
    pattern:
      /exceeded the maximum execution time|execution took longer than|job execution timeout|max run time exceeded|Aborting task|task timeout after|\bthe action .{0,200}has timed out|no output has been received in the last|Build timed out|ran longer than the maximum time|(?<!\d)\d{1,9} seconds without output/i,
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
      /^(?:##\[error\])?(?:\S{0,40} )?fatal: (?!database|password|role|could not resolve|unable to access .{1,300}Could not resolve)(.{1,300})|CONFLICT \((.{1,200})|error: pathspec (.{1,200})|! \[(?:remote )?rejected\] (.{1,200})/,
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
    id: 'ci/annotation',
    hints: ['##[error]', '::error'],
    pattern:
      /^(?:##\[error\]|::error[^:]{0,200}::)(?!Process completed|The process '.{0,200}' failed with exit code|Bash exited with code|Process '.{0,200}' exited|PowerShell exited)(.{1,400})/,
    role: 'symptom',
    weight: 70,
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
    id: 'ci/artifact',
    hints: ['artifact', 'no files were found with the provided path'],
    pattern:
      /([Uu]nable to (?:download|find) (?:any )?artifacts?.{0,200}|[Aa]rtifact (?:has )?(?:not found|expired).{0,200}|(?:List|Download|Create) ?Artifacts? failed:? ?.{0,200}|[Ff]ailed to (?:download|upload|CreateArtifact|GetSignedArtifactURL).{0,200}|ERROR: (?:Downloading|Uploading) artifacts .{1,200}(?:error|FATAL|failed).{0,100})/,
    unless: /\[INFO\]|npm (?:WARN|warn)/,
    role: 'cause',
    weight: 78,
    statement: 'An artifact of the run could not be moved: $1',
    fixes: [{ action: 'Check that the job that makes the artifact has run, and its name.', risk: 'low' }],
    examples: {
      positive: [
        '##[error]Unable to download artifact(s): Artifact not found for name: dist',
        '##[error]Failed to CreateArtifact: Received non-retryable error: 409',
      ],
      nearMiss: ['Artifact dist has been successfully uploaded!', '##[warning]No artifacts will be uploaded.'],
    },
  },
  {
    ...infrastructure,
    id: 'ci/setup',
    hints: [
      'unable to find',
      'unable to resolve action',
      'version ',
      'was not found in the local cache',
      'invalid workflow',
      "can't find 'action.yml'",
      'unrecognized named-value',
      'resource not accessible',
    ],
    pattern:
      /^##\[error\](?:Error: )?(Unable to (?:find|resolve)(?! artifact).{1,300}|.{0,40}[Vv]ersion .{1,100} (?:was|with|is) not .{1,200}|Can't find 'action\.yml'.{1,200}|.{0,200}Unrecognized named-value.{0,200}|Resource not accessible by integration)/,
    role: 'cause',
    weight: 78,
    category: 'configuration',
    phase: 'setup',
    statement: 'The workflow asks for something that is not there: $1',
    examples: {
      positive: [
        "##[error]Unable to find Node version '99' for platform linux and architecture x64.",
        '##[error]Version 3.99 with arch x64 was not found in the local cache',
      ],
      nearMiss: ['Found in cache @ /opt/hostedtoolcache/node/20', '##[warning]Unable to find a cache'],
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
      'failed with exit',
      'terminated with signal',
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
