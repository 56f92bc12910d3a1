// `npx workflowai`: everything the service does, as one command.

import { CommanderError } from 'commander'
import { runMain } from '../process-main.ts'
import { workflowaiCommand } from './workflowai-command.ts'

/** What commander throws for a wrong word; help and version end well. */
const usageExitCode = 2

await runMain(async () => {
  try {
    await workflowaiCommand().parseAsync()
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown
    process.exitCode = thrown.exitCode === 0 ? 0 : usageExitCode
  }
})
