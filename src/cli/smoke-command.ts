// `workflowai smoke [URL]`, and `npm run smoke -- [URL]`.

import { Command } from 'commander'
import { smoke } from './smoke-run.ts'

export function smokeCommand(): Command {
  return new Command('smoke')
    .description('eight scenarios against a running service')
    .argument('[url]', 'the service (default: the one of this machine)')
    .option('--json', 'as JSON')
    .action(smoke)
}
