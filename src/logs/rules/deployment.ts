// Terraform, Ansible, Helm and systemd: what brings software onto machines and keeps it there.

import type { LogRule } from '../rule.ts'

const deploy = { phase: 'deploy', severity: 'high' } as const

export const deploymentRules: LogRule[] = [
  {
    ...deploy,
    id: 'terraform/error',
    hints: ['error: '],
    pattern: /^[│╷╵|]\s{0,3}Error: (.{1,300})/,
    role: 'cause',
    weight: 84,
    category: 'configuration',
    below: { while: /^[│|]/, max: 10 },
    statement: 'Terraform: $1',
    examples: { positive: ['│ Error: Unsupported argument'], nearMiss: ['│ Warning: Deprecated attribute'] },
  },
  {
    ...deploy,
    id: 'ansible/fatal',
    hints: ['fatal: ['],
    pattern: /^fatal: \[([\w.-]{1,200})\]: (FAILED|UNREACHABLE)! => (.{1,400})/,
    role: 'cause',
    weight: 86,
    category: 'configuration',
    above: { while: /^TASK \[/, max: 1 },
    statement: 'The task on $1 ended as $2: $3',
    examples: {
      positive: ['fatal: [web-1]: FAILED! => {"changed": false, "msg": "No package matching \'ngnix\' found"}'],
      nearMiss: ['ok: [web-1]', 'fatal: not a git repository'],
    },
  },
  {
    ...deploy,
    id: 'helm/error',
    hints: ['installation failed', 'upgrade failed', 'helm'],
    pattern: /^Error: ((?:INSTALLATION|UPGRADE|ROLLBACK) FAILED: .{1,300})/,
    role: 'cause',
    weight: 84,
    category: 'configuration',
    statement: 'Helm: $1',
    examples: {
      positive: ['Error: UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress'],
      nearMiss: ['Release "cart" has been upgraded.'],
    },
  },
  {
    ...deploy,
    id: 'systemd/unit-failed',
    hints: ['failed with result', 'failed to start', 'main process exited'],
    pattern:
      /(?<!\S)(\S{1,120}\.(?:service|mount|socket|timer)): (?:Failed with result|Main process exited)|^Failed to start (.{1,200})/,
    role: 'wrapper',
    weight: 30,
    category: 'runtime',
    statement: 'systemd reports that a unit failed: $1$2',
    fixes: [
      { action: 'Read what the unit logged before it stopped.', command: 'journalctl -u $1 -n 100', risk: 'low' },
    ],
    examples: {
      positive: ["cart.service: Failed with result 'exit-code'.", 'Failed to start Cart - the shop.'],
      nearMiss: ['Started cart.service.'],
    },
  },
]
