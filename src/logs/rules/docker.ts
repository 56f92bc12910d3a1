// docker build, BuildKit and registries.

import type { LogRule } from '../rule.ts'

const container = { category: 'container', phase: 'package', severity: 'high' } as const

export const dockerRules: LogRule[] = [
  {
    ...container,
    id: 'docker/copy-missing',
    hints: ['failed to compute cache key', 'failed to calculate checksum', 'copy failed', 'add failed'],
    pattern:
      /(?:failed to (?:compute cache key|calculate checksum of ref).{0,300}?: "?([^":]{1,200})"?: not found|(?:COPY|ADD) failed: (.{1,300}))/,
    role: 'cause',
    weight: 86,
    statement: 'A file that the Dockerfile copies is not in the build context: $1$2',
    fixes: [{ action: 'Check the path, the build context and .dockerignore.', risk: 'low' }],
    examples: {
      positive: [
        'ERROR: failed to solve: failed to compute cache key: failed to calculate checksum of ref 1a2b::3c4d: "/package-lock.json": not found',
        'COPY failed: file not found in build context',
      ],
      nearMiss: ['CACHED [2/5] COPY package.json .'],
    },
  },
  {
    ...container,
    id: 'docker/pull',
    hints: [
      'pull access denied',
      'manifest unknown',
      'manifest for',
      'toomanyrequests',
      'failed to resolve source metadata',
      'failed to resolve reference',
    ],
    pattern:
      /pull access denied for (\S{1,200})|manifest (?:unknown|for \S{1,200} not found)|toomanyrequests: .{0,200}|failed to resolve (?:source metadata for|reference "?)(\S{1,200})/,
    role: 'cause',
    weight: 84,
    statement: 'An image could not be pulled: $1$2',
    fixes: [
      {
        action: 'Check the name and tag of the image, and log in to the registry.',
        command: 'docker login',
        risk: 'low',
      },
    ],
    examples: {
      positive: [
        'Error response from daemon: pull access denied for acme/cart, repository does not exist',
        'manifest for node:99 not found: manifest unknown',
      ],
      nearMiss: ['Pull complete', 'manifest sha256:1a2b written'],
    },
  },
  {
    ...container,
    id: 'docker/daemon',
    hints: ['cannot connect to the docker daemon', 'error response from daemon', 'oci runtime'],
    pattern:
      /Cannot connect to the Docker daemon.{0,200}|Error response from daemon: (?!Get )(.{1,300})|OCI runtime (?:create|exec) failed: (.{1,300})/,
    role: 'cause',
    weight: 76,
    statement: 'The container engine refused: $1$2',
    examples: {
      positive: [
        'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
        'Error response from daemon: driver failed programming external connectivity',
      ],
      nearMiss: ['Docker daemon started'],
    },
  },
  {
    ...container,
    id: 'docker/parse',
    hints: ['dockerfile parse error', 'unknown instruction'],
    pattern: /(?:[Dd]ockerfile parse error|failed to parse dockerfile).{0,300}|unknown instruction: (\S{1,100})/,
    role: 'cause',
    weight: 86,
    category: 'configuration',
    statement: 'The Dockerfile could not be parsed. $1',
    examples: {
      positive: ['ERROR: failed to solve: dockerfile parse error on line 4: unknown instruction: RUNN'],
      nearMiss: ['transferring dockerfile: 412B'],
    },
  },
  {
    ...container,
    id: 'docker/step-failed',
    hints: ['did not complete successfully', 'returned a non-zero code', 'failed to solve'],
    pattern:
      /did not complete successfully: exit code: \d+|returned a non-zero code: \d+|ERROR: failed to solve: (?!failed|dockerfile)/,
    role: 'wrapper',
    weight: 30,
    statement: 'A step of the Dockerfile failed.',
    examples: {
      positive: [
        'ERROR: process "/bin/sh -c npm ci" did not complete successfully: exit code: 1',
        "The command '/bin/sh -c make' returned a non-zero code: 2",
      ],
      nearMiss: ['naming to docker.io/acme/cart done'],
    },
  },
]
