// Docker for tests: whether it is there, and its command line.

import { fileURLToPath } from 'node:url'
import { dockerProblem } from '../../src/cli/redis-launchers.ts'
import { type CommandOptions, type CommandResult, runCommand } from '../../src/cli/run-command.ts'

/** Why containers can't be tested here, or null. Tests skip with it as their note. */
export const noDocker: string | null = await dockerProblem(process.env)

export const repository = fileURLToPath(new URL('../..', import.meta.url))

/** Runs `docker ...` in the repository. Throws with all it said when it fails. */
export async function docker(args: string[], options: CommandOptions = {}): Promise<CommandResult> {
  const result = await runCommand('sh', ['-c', 'cd "$0" && exec docker "$@"', repository, ...args], {
    timeoutMs: 900_000,
    ...options,
  })
  if (result.exitCode !== 0) throw new Error(`docker ${args.join(' ')} failed:\n${result.output}`)
  return result
}
