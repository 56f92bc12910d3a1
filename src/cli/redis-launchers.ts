// The two ways to run a Redis server here: a program of this machine, or a container.

import { createHash } from 'node:crypto'
import { mkdir, rm, symlink } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { RedisBinary } from './redis-binary.ts'
import type { RedisLauncher } from './redis-process.ts'
import { lastLine, runCommand } from './run-command.ts'

const image = 'redis:7-alpine'

/** Redis's own way to quote a path in redis.conf. */
const quoted = (text: string): string => `"${text.replace(/[\\"]/g, '\\$&')}"`

export async function programLauncher(binary: RedisBinary, dataDir: string): Promise<RedisLauncher> {
  const file = await underServerName(binary.file, dataDir)
  return {
    name: `${basename(file)} ${binary.version}`,
    command: (folder) => [file, join(folder, 'redis.conf')],
    config: (folder, port) => [`port ${port}`, 'bind 127.0.0.1', `dir ${quoted(folder)}`],
  }
}

/** Debian's redis-tools has the server only as `redis-check-rdb`; the program goes by the name it is called with. */
async function underServerName(file: string, dataDir: string): Promise<string> {
  if (basename(file) !== 'redis-check-rdb') return file
  const link = join(dataDir, 'bin', 'redis-server')
  await mkdir(join(dataDir, 'bin'), { recursive: true })
  await rm(link, { force: true })
  await symlink(file, link)
  return link
}

export function containerLauncher(dataDir: string): RedisLauncher {
  const name = `workflowai-redis-${createHash('sha256').update(dataDir).digest('hex').slice(0, 12)}`
  const user = process.getuid && process.getgid ? ['--user', `${process.getuid()}:${process.getgid()}`] : []
  return {
    name: `container ${image}`,
    // `docker run` in the foreground passes SIGTERM on, and --rm leaves no container behind.
    command: (folder, port) => [
      ...['docker', 'run', '--rm', '--name', name, ...user],
      ...['-p', `127.0.0.1:${port}:6379`, '-v', `${folder}:/data`],
      ...[image, 'redis-server', '/data/redis.conf'],
    ],
    config: () => ['port 6379', 'protected-mode no', 'dir /data'],
  }
}

/** Removes a container of an earlier run that was killed; its data is in the folder. */
export async function removeLeftoverContainer(launcher: RedisLauncher, env: NodeJS.ProcessEnv): Promise<void> {
  const command = launcher.command('', 0)
  await runCommand('docker', ['rm', '-f', command[command.indexOf('--name') + 1] ?? ''], { env, timeoutMs: 20_000 })
}

/** Why no container can be started here, or null when one can. */
export async function dockerProblem(env: NodeJS.ProcessEnv): Promise<string | null> {
  if (/^(tcp|ssh|http)/.test(env.DOCKER_HOST ?? '')) return 'the Docker engine runs on another machine'
  const { exitCode, output } = await runCommand('docker', ['info', '--format', '{{.ServerVersion}}'], { env })
  if (exitCode === 0) return null
  return exitCode === null ? 'docker was not found' : `the Docker engine does not answer: ${lastLine(output)}`
}

/** Fetches the image when this machine lacks it. Returns why that failed, or null. */
export async function fetchImage(env: NodeJS.ProcessEnv, say: (line: string) => void): Promise<string | null> {
  if ((await runCommand('docker', ['image', 'inspect', image], { env })).exitCode === 0) return null
  say(`fetching the image ${image}`)
  const { exitCode, output } = await runCommand('docker', ['pull', image], { env, timeoutMs: 600_000, show: true })
  return exitCode === 0 ? null : `the image ${image} can't be fetched: ${lastLine(output)}`
}
