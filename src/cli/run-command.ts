// Runs another program to its end and hands back what it said.

import { spawn } from 'node:child_process'

export interface CommandResult {
  /** null: it could not be started, was killed, or ran past the limit. */
  exitCode: number | null
  /** stdout and stderr, in the order they came. */
  output: string
}

export interface CommandOptions {
  env?: NodeJS.ProcessEnv
  timeoutMs?: number
  /** Also show its output while it runs. */
  show?: boolean
}

/** Never throws: a program that does not exist is a result without an exit code. */
export async function runCommand(file: string, args: string[], options: CommandOptions = {}): Promise<CommandResult> {
  const child = spawn(file, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: options.env ?? process.env,
    timeout: options.timeoutMs ?? 10_000,
  })
  let output = ''
  const collect = (chunk: Buffer): void => {
    output += chunk
    if (options.show) process.stderr.write(chunk)
  }
  child.stdout.on('data', collect)
  child.stderr.on('data', collect)
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ exitCode: null, output: error.message }))
    child.once('close', (exitCode) => resolve({ exitCode, output }))
  })
}

/** The last line that says anything: where programs put the reason why they failed. */
export function lastLine(output: string): string {
  return output.trimEnd().split('\n').at(-1)?.trim() ?? ''
}
