// What runs out or can't be reached, whatever the program: memory, disk, files, network, names, certificates, rights.

import type { LogRule } from '../rule.ts'

const resource = { category: 'resource', phase: 'unknown', severity: 'critical' } as const
const network = { category: 'network', phase: 'unknown', severity: 'high' } as const

export const resourceRules: LogRule[] = [
  {
    ...resource,
    id: 'linux/oom-killer',
    hints: ['out of memory: kill'],
    pattern: /(?:Memory cgroup )?[Oo]ut of memory: Kill(?:ed)? process (\d+) \(([^)]{1,60})\)/,
    role: 'cause',
    weight: 92,
    statement: 'The kernel killed a process because memory ran out ($2).',
    fixes: [{ action: 'Give the machine or the container more memory, or let the process use less.', risk: 'low' }],
    examples: {
      positive: ['Out of memory: Killed process 4121 (java) total-vm:8123456kB'],
      nearMiss: ['oom score adjusted'],
    },
  },
  {
    ...resource,
    id: 'linux/oom-invoked',
    hints: ['oom-kill'],
    pattern: /(?<!\S)(\S{1,60}) invoked oom-killer|oom-kill:constraint/,
    role: 'cause',
    weight: 84,
    statement: 'The kernel had no memory left for $1.',
    examples: {
      positive: ['node invoked oom-killer: gfp_mask=0x100cca'],
      nearMiss: ['oom-killer is disabled'],
    },
  },
  {
    ...resource,
    id: 'linux/disk-full',
    hints: ['no space left', 'enospc', 'disk quota exceeded', 'disk full', 'not enough space'],
    pattern:
      /[Nn]o space left on device|\bENOSPC\b|[Dd]isk quota exceeded|[Nn]ot enough (?:free )?space on (?:the )?(?:disk|device)|\bdisk (?:is )?full\b/i,
    role: 'cause',
    weight: 90,
    statement: 'The disk is full.',
    fixes: [
      {
        action: 'Find what fills the disk and free it; on a CI machine prune caches and images.',
        command: 'df -h',
        risk: 'low',
      },
    ],
    examples: {
      positive: ['write /var/lib/docker/tmp: no space left on device', 'Error: ENOSPC: no space left on device, write'],
      nearMiss: ['disk space left: 20 GB'],
    },
  },
  {
    ...resource,
    id: 'linux/too-many-files',
    hints: ['too many open files', 'emfile', 'enfile'],
    pattern: /[Tt]oo many open files|\bE[MN]FILE\b/,
    role: 'cause',
    weight: 84,
    statement: 'The process has too many open files.',
    fixes: [{ action: 'Raise the limit, or close what is left open.', command: 'ulimit -n 65536', risk: 'low' }],
    examples: {
      positive: ['accept: too many open files', 'Error: EMFILE: too many open files, open a.txt'],
      nearMiss: ['open files: 12'],
    },
  },
  {
    ...network,
    id: 'network/refused',
    hints: ['connection refused', 'econnrefused', 'could not connect', "couldn't connect", "can't connect"],
    pattern:
      /(?:\bECONNREFUSED\b|[Cc]onnection refused|[Cc]ould(?: not|n't) connect to (?:server|database|host)|[Cc]an't connect to)(.{0,120})/,
    role: 'cause',
    weight: 74,
    statement: 'Nothing accepted the connection: $1',
    fixes: [{ action: 'Check that the other service is running and that host and port are right.', risk: 'low' }],
    examples: {
      positive: [
        'Error: connect ECONNREFUSED 127.0.0.1:5432',
        'dial tcp 10.0.0.3:6379: connect: connection refused',
        'psql: could not connect to server: No such file or directory',
      ],
      nearMiss: ['connection accepted', 'connecting to server'],
    },
  },
  {
    ...network,
    id: 'network/name',
    hints: [
      'enotfound',
      'eai_again',
      'could not resolve host',
      'temporary failure in name resolution',
      'name or service not known',
      'no such host',
      'nodename nor servname',
      'unknownhostexception',
    ],
    pattern:
      /\bgetaddrinfo (?:ENOTFOUND|EAI_AGAIN) ?(\S{0,200})|[Cc]ould not resolve host:? ?(\S{0,200})|[Tt]emporary failure in name resolution|[Nn]ame or service not known|lookup (\S{1,200}).{0,60}: no such host|nodename nor servname|UnknownHostException: (\S{1,200})/,
    role: 'cause',
    weight: 80,
    statement: 'A host name could not be resolved: $1$2$3$4',
    fixes: [
      { action: 'Check the name, the DNS settings and whether this machine may reach the network.', risk: 'low' },
    ],
    examples: {
      positive: [
        'npm ERR! request failed, reason: getaddrinfo ENOTFOUND registry.acme.dev',
        'fatal: unable to access: Could not resolve host: github.com',
        'dial tcp: lookup db on 10.0.0.2:53: no such host',
      ],
      nearMiss: ['resolved host db to 10.0.0.3', 'hostname not set'],
    },
  },
  {
    ...network,
    id: 'network/timeout',
    hints: ['timed out', 'timeout', 'etimedout', 'deadline exceeded', 'esockettimedout'],
    pattern:
      /\b(?:ETIMEDOUT|ESOCKETTIMEDOUT)\b|[Cc]onnection timed out|(?:[Oo]peration|[Rr]equest|[Jj]ob|[Ss]tep|[Tt]est|[Bb]uild|[Cc]ommand|[Rr]ead|[Ee]xecution|[Ww]aiting .{0,60})\s?(?:has |was |is )?timed[ -]?out|context deadline exceeded|DeadlineExceeded|exceeded (?:the )?(?:maximum execution time|timeout)|[Tt]imeout (?:of \d+ ?m?s )?exceeded|TimeoutError|\bi\/o timeout\b|TEST-UNEXPECTED-TIMEOUT|Timeout - Async/,
    unless: /--?\w*timeout[= ]|will retry/i,
    role: 'cause',
    weight: 70,
    category: 'timeout',
    statement: 'Something took longer than it was allowed to.',
    fixes: [{ action: 'Find what it waited for; raise the limit only if the work is really that long.', risk: 'low' }],
    examples: {
      positive: [
        'ERROR: Job timed out after 1 hour',
        'rpc error: code = DeadlineExceeded desc = context deadline exceeded',
        'Error: connect ETIMEDOUT 10.0.0.3:443',
      ],
      nearMiss: ['timeout: 30s', 'pytest --timeout=60'],
    },
  },
  {
    ...network,
    id: 'network/tls',
    hints: ['certificate', 'ssl', 'handshake'],
    pattern:
      /certificate (?:verify failed|has expired|is not trusted|signed by unknown authority)|self[- ]signed certificate|unable to get local issuer certificate|SSLHandshakeException|x509: (.{1,200})|SSL routines.{0,100}/i,
    role: 'cause',
    weight: 82,
    statement: 'The TLS certificate was not accepted. $1',
    fixes: [
      {
        action: 'Renew the certificate, or add the authority that signed it; check the clock of the machine.',
        risk: 'low',
      },
    ],
    examples: {
      positive: [
        'x509: certificate signed by unknown authority',
        'SSL certificate problem: self-signed certificate in certificate chain',
      ],
      nearMiss: ['certificate renewed', 'issuing certificate for acme.dev'],
    },
  },
  {
    ...network,
    id: 'linux/permission',
    hints: ['permission denied', 'eacces', 'operation not permitted', 'access denied', 'eperm', 'accessdenied'],
    pattern: /[Pp]ermission denied|\bEACCES\b|\bEPERM\b|[Oo]peration not permitted|\b[Aa]ccess ?[Dd]enied\b/,
    unless: /pull access denied/,
    role: 'cause',
    weight: 76,
    category: 'permission',
    severity: 'high',
    statement: 'The process may not do what it tried.',
    fixes: [
      {
        action: 'Check the owner and mode of the file, or the rights of the user, key or role.',
        command: 'ls -l',
        risk: 'low',
      },
    ],
    examples: {
      positive: [
        'bash: ./deploy.sh: Permission denied',
        "Error: EACCES: permission denied, open '/var/log/app.log'",
        'An error occurred (AccessDenied) when calling the PutObject operation: Access Denied',
      ],
      nearMiss: ['permissions: 0644', 'access granted'],
    },
  },
  {
    ...network,
    id: 'service/authentication',
    hints: [
      'authentication failed',
      '401',
      '403',
      'bad credentials',
      'invalid credentials',
      'noauth',
      'could not read username',
    ],
    pattern:
      /authentication failed|[Bb]ad credentials|[Ii]nvalid (?:credentials|username or password)|\bNOAUTH\b|could not read Username|(?:HTTP|status|code|returned error:?)\D{0,12}\b40[13]\b/,
    role: 'cause',
    weight: 74,
    category: 'permission',
    severity: 'high',
    statement: 'The credentials were not accepted.',
    fixes: [
      {
        action: 'Check that the credential is set in this environment, has not expired and has the right scope.',
        risk: 'low',
      },
    ],
    examples: {
      positive: [
        'FATAL: password authentication failed for user "cart"',
        "fatal: could not read Username for 'https://github.com': terminal prompts disabled",
      ],
      nearMiss: ['authentication succeeded', 'port 4013 open'],
    },
  },
]
