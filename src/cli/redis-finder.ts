// Finds a Redis for `npm start`, or starts one: REDIS_URL, a server program on the PATH, a container, or a program that
// the package manager installs, in this order. A Redis that was there before is only asked for its version.

import { AppError } from '../errors.ts'
import type { Settings } from '../settings.ts'
import { findRedisBinary, oldestRedisMajor, type RedisBinary } from './redis-binary.ts'
import { installRedis } from './redis-install.ts'
import {
  containerLauncher,
  dockerProblem,
  fetchImage,
  programLauncher,
  removeLeftoverContainer,
} from './redis-launchers.ts'
import { probeRedis } from './redis-probe.ts'
import { type RedisProcess, startRedis } from './redis-process.ts'

export interface FoundRedis {
  url: string
  /** For people: `redis-server 7.0.15, data in /home/me/app/.data`. */
  description: string
  /** null: it is not ours to stop. */
  process: RedisProcess | null
}

interface Search {
  settings: Settings
  /** PATH and DOCKER_HOST are read here. */
  env: NodeJS.ProcessEnv
  /** Called with what takes long or changes the system, before it is done. */
  say: (line: string) => void
}

/** Throws `missing_dependency`, with what to install, when there is no way to a Redis; `unavailable` when REDIS_URL is dead. */
export async function findRedis(search: Search): Promise<FoundRedis> {
  const { settings, say } = search
  if (settings.redisUrl !== null) {
    const { version, maxmemoryPolicy } = await probeRedis(settings.redisUrl)
    if (maxmemoryPolicy !== 'noeviction') {
      say(`warning: this Redis evicts keys when it is full (${maxmemoryPolicy}); set maxmemory-policy to noeviction`)
    }
    return { url: settings.redisUrl, description: `Redis ${version} of REDIS_URL`, process: null }
  }
  return startOwn(search)
}

async function startOwn(search: Search): Promise<FoundRedis> {
  /** Why the ways before the current one did not work. */
  const reasons: string[] = []
  const { settings, env, say } = search
  const onPath = await findRedisBinary(env.PATH ?? '')
  reasons.push(...onPath.rejected)
  if (onPath.binary !== null) return startBinary(onPath.binary, settings)

  const problem = (await dockerProblem(env)) ?? (await fetchImage(env, say))
  if (problem === null) return startContainer(settings, env)
  reasons.push(problem)

  if (settings.noInstall) return noRedis([...reasons, 'NO_INSTALL forbids to install it'])
  const installed = await installRedis({ env, say })
  if (installed.kind === 'not_possible') return noRedis([...reasons, installed.reason])
  const now = await findRedisBinary(installed.path)
  return now.binary === null ? noRedis([...reasons, ...now.rejected]) : startBinary(now.binary, settings)
}

async function startBinary(binary: RedisBinary, { dataDir }: Settings): Promise<FoundRedis> {
  return found(await startRedis(await programLauncher(binary, dataDir), dataDir), dataDir)
}

async function startContainer({ dataDir }: Settings, env: NodeJS.ProcessEnv): Promise<FoundRedis> {
  const launcher = containerLauncher(dataDir)
  await removeLeftoverContainer(launcher, env)
  return found(await startRedis(launcher, dataDir), dataDir)
}

function found(process: RedisProcess, dataDir: string): FoundRedis {
  return { url: process.url, description: `${process.name}, data in ${dataDir}`, process }
}

function noRedis(reasons: string[]): never {
  throw new AppError(
    'missing_dependency',
    `no Redis ${oldestRedisMajor} or later was found (${reasons.join('; ')}). Install one with ` +
      '`apt-get install redis-tools` (Debian 12, Ubuntu 24.04 or later) or `brew install redis`, ' +
      'start Docker, or set REDIS_URL to a Redis that runs',
  )
}
