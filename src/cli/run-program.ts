// How every command of commander ends: help and version well, wrong words and options with one code for all of them.

import { type Command, CommanderError } from 'commander'

/** What is told apart from a failure of the work itself, which is 1. */
const usageExitCode = 2

/** Runs the command that the process's arguments ask for. Rejects with what its work throws. */
export async function runProgram(program: Command): Promise<void> {
  try {
    throwInsteadOfExit(program)
    await program.parseAsync()
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown
    process.exitCode = thrown.exitCode === 0 ? 0 : usageExitCode
  }
}

/** Subcommands as well: one that was added ready-made does not take it over. */
function throwInsteadOfExit(command: Command): void {
  command.exitOverride()
  for (const below of command.commands) throwInsteadOfExit(below)
}
