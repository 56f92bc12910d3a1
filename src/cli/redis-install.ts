// Installs the Redis server program with the system's package manager, where that needs no question. Never a system
// service: Debian's redis-tools and Homebrew's redis bring the program only.

import { delimiter, join } from 'node:path'
import { oldestRedisMajor } from './redis-binary.ts'
import { lastLine, runCommand } from './run-command.ts'

export type InstallResult =
  /** `path`: the PATH on which the program is now found. */
  { kind: 'installed'; path: string } | { kind: 'not_possible'; reason: string }

interface Environment {
  env: NodeJS.ProcessEnv
  say: (line: string) => void
  /** Injected in tests: the real one asks the operating system. */
  isRoot?: boolean
}

const installLimitMs = 300_000

/** Says each command that changes the system before it runs it. */
export async function installRedis({
  env,
  say,
  isRoot = process.getuid?.() === 0,
}: Environment): Promise<InstallResult> {
  const path = env.PATH ?? ''
  if ((await runCommand('apt-get', ['--version'], { env })).exitCode === 0) {
    const prefix = await rootPrefix(env, isRoot)
    if (prefix === null) {
      return { kind: 'not_possible', reason: 'apt-get needs root, and sudo asks for a password' }
    }
    const reason = await installWithApt(prefix, env, say)
    return reason === null ? { kind: 'installed', path } : { kind: 'not_possible', reason }
  }
  const brew = await runCommand('brew', ['--prefix'], { env })
  if (brew.exitCode === 0) {
    const reason = await install(['brew', 'install', 'redis'], { ...env, HOMEBREW_NO_AUTO_UPDATE: '1' }, say)
    if (reason !== null) return { kind: 'not_possible', reason }
    return { kind: 'installed', path: [path, join(brew.output.trim(), 'bin')].join(delimiter) }
  }
  return { kind: 'not_possible', reason: 'neither apt-get nor brew was found' }
}

/** What goes before a command to run it as root; null when that is not possible without asking. */
async function rootPrefix(env: NodeJS.ProcessEnv, isRoot: boolean): Promise<string[] | null> {
  if (isRoot) return []
  return (await runCommand('sudo', ['-n', 'true'], { env })).exitCode === 0 ? ['sudo', '-n'] : null
}

async function installWithApt(
  prefix: string[],
  env: NodeJS.ProcessEnv,
  say: (line: string) => void,
): Promise<string | null> {
  const update = [...prefix, 'apt-get', 'update']
  const tools = [
    ...[...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive'],
    ...['apt-get', 'install', '-y', '--no-install-recommends', 'redis-tools'],
  ]
  // A fresh machine has no package lists.
  if ((await candidateMajor(env)) === null) {
    const failed = await install(update, env, say)
    if (failed !== null) return failed
  }
  const major = await candidateMajor(env)
  if (major === null) return 'apt has no package redis-tools'
  if (major < oldestRedisMajor) return `apt's redis-tools is version ${major}, ${oldestRedisMajor} or later is needed`
  if ((await install(tools, env, say)) === null) return null
  // Old lists name versions that the server no longer has.
  return (await install(update, env, say)) ?? (await install(tools, env, say))
}

/** The major version that apt would install, from a line such as `Candidate: 5:7.0.15-1~deb12u7`. */
async function candidateMajor(env: NodeJS.ProcessEnv): Promise<number | null> {
  const { output } = await runCommand('apt-cache', ['policy', 'redis-tools'], { env: { ...env, LC_ALL: 'C' } })
  const major = /Candidate: (?:\d+:)?(\d+)\./.exec(output)?.[1]
  return major === undefined ? null : Number(major)
}

/** Returns why the command failed, or null. */
async function install(command: string[], env: NodeJS.ProcessEnv, say: (line: string) => void): Promise<string | null> {
  const [file = '', ...args] = command
  say(`running: ${command.join(' ')}`)
  const { exitCode, output } = await runCommand(file, args, { env, timeoutMs: installLimitMs })
  return exitCode === 0 ? null : `\`${command.join(' ')}\` failed: ${lastLine(output)}`
}
