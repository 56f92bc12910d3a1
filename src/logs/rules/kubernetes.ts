// kubectl, the kubelet's events and Helm.

import type { LogRule } from '../rule.ts'

const deploy = { category: 'container', phase: 'deploy', severity: 'high' } as const

export const kubernetesRules: LogRule[] = [
  {
    ...deploy,
    id: 'kubernetes/image',
    hints: ['imagepullbackoff', 'errimagepull', 'failed to pull image'],
    pattern: /ImagePullBackOff|ErrImagePull|Failed to pull image "([^"]{1,200})"/,
    role: 'cause',
    weight: 82,
    statement: 'The cluster could not pull the image $1.',
    fixes: [
      {
        action: 'Check the image name and tag, and the pull secret of the namespace.',
        command: 'kubectl describe pod POD',
        risk: 'low',
      },
    ],
    examples: {
      positive: [
        'Warning  Failed  3s  kubelet  Failed to pull image "acme/cart:9.9": not found',
        'cart-1  0/1  ImagePullBackOff  0  2m',
      ],
      nearMiss: ['Successfully pulled image "acme/cart:1.0"'],
    },
  },
  {
    ...deploy,
    id: 'kubernetes/oom',
    hints: ['oomkilled'],
    pattern: /\bOOMKilled\b/,
    unless: /OOMKilled"?:\s*false/,
    role: 'cause',
    weight: 90,
    category: 'resource',
    severity: 'critical',
    statement: 'A container used more memory than its limit and was killed.',
    fixes: [
      { action: 'Raise the memory limit, or lower what the program uses.', command: 'kubectl top pod', risk: 'low' },
    ],
    examples: { positive: ['    Reason:       OOMKilled'], nearMiss: ['"OOMKilled": false'] },
  },
  {
    ...deploy,
    id: 'kubernetes/scheduling',
    hints: ['failedscheduling', 'nodes are available'],
    pattern: /FailedScheduling|(?<!\d)\d{1,6}\/\d{1,6} nodes are available: (.{1,300})/,
    role: 'cause',
    weight: 82,
    category: 'resource',
    statement: 'No node can take the pod: $1',
    examples: {
      positive: ['Warning  FailedScheduling  5s  default-scheduler  0/3 nodes are available: 3 Insufficient memory.'],
      nearMiss: ['Successfully assigned default/cart to node-1'],
    },
  },
  {
    ...deploy,
    id: 'kubernetes/probe',
    hints: ['probe failed', 'probe errored'],
    pattern: /(Liveness|Readiness|Startup) probe (?:failed|errored): ?(.{0,300})/,
    role: 'symptom',
    weight: 62,
    statement: 'The $1 probe failed: $2',
    examples: {
      positive: ['Warning  Unhealthy  2s  kubelet  Readiness probe failed: HTTP probe failed with statuscode: 503'],
      nearMiss: ['Readiness probe succeeded'],
    },
  },
  {
    ...deploy,
    id: 'kubernetes/config',
    hints: ['createcontainerconfigerror', 'not found', 'is invalid', 'error validating', 'forbidden'],
    pattern:
      /CreateContainerConfigError|(?:configmap|secret|persistentvolumeclaim) "([^"]{1,200})" not found|^Error from server \(((?!Forbidden|Unauthorized)\w{1,40})\): (.{1,300})|^error: (error validating .{1,300})/,
    role: 'cause',
    weight: 80,
    category: 'configuration',
    statement: 'The cluster refused the configuration. $2 $3 $1 $4',
    examples: {
      positive: [
        'Error: configmap "cart-env" not found',
        'Error from server (NotFound): deployments.apps "cart" not found',
      ],
      nearMiss: ['configmap "cart-env" created'],
    },
  },
  {
    ...deploy,
    id: 'kubernetes/forbidden',
    hints: ['(forbidden)', '(unauthorized)', 'must be logged in', 'is forbidden: user'],
    pattern:
      /Error from server \((?:Forbidden|Unauthorized)\): (.{1,300})|You must be logged in to the server|is forbidden: User "([^"]{1,120})" cannot/,
    role: 'cause',
    weight: 84,
    category: 'permission',
    statement: 'The cluster does not let this user do it: $1$2',
    fixes: [
      {
        action: 'Give the service account a role that allows it, or use another one.',
        command: 'kubectl auth can-i --list',
        risk: 'medium',
      },
    ],
    examples: {
      positive: ['Error from server (Forbidden): pods is forbidden: User "ci" cannot list resource "pods"'],
      nearMiss: ['Error from server (NotFound): pods "a" not found'],
    },
  },
  {
    ...deploy,
    id: 'kubernetes/crash-loop',
    hints: ['crashloopbackoff', 'back-off restarting'],
    pattern: /CrashLoopBackOff|Back-off restarting failed container/,
    role: 'wrapper',
    weight: 34,
    statement: 'A container keeps crashing after it starts.',
    fixes: [{ action: 'Read the log of the crashed container.', command: 'kubectl logs POD --previous', risk: 'low' }],
    examples: { positive: ['cart-1  0/1  CrashLoopBackOff  4  2m'], nearMiss: ['cart-1  1/1  Running  0  2m'] },
  },
]
