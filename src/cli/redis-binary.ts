// Finds a Redis server program on the PATH and checks that it is new enough. Nothing is started here but `--version`.

import { spawn } from 'node:child_process'
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { delimiter, join } from 'node:path'

export const oldestRedisMajor = 7

/** A server program. Debian's redis-tools has it under another name; run as `redis-server` (argv0) it is the server. */
export interface RedisBinary {
  file: string
  version: string
}

export interface RedisBinarySearch {
  binary: RedisBinary | null
  /** Why each program that was found can't be used: `/usr/bin/redis-server is version 6.0.16, 7 or later is needed`. */
  rejected: string[]
}

/** In the order of preference. `redis-check-rdb` is the same program as `redis-server`, which looks at its own name. */
const programs = ['redis-server', 'valkey-server', 'redis-check-rdb']

/** Looks in every folder of `path` (a PATH value). Never throws: what can't be run is in `rejected`. */
export async function findRedisBinary(path: string): Promise<RedisBinarySearch> {
  const rejected: string[] = []
  for (const program of programs) {
    for (const folder of path.split(delimiter).filter((entry) => entry !== '')) {
      const file = join(folder, program)
      if (!(await isExecutable(file))) continue
      const version = await versionOf(file)
      if (version === null) {
        if (program !== 'redis-check-rdb') rejected.push(`${file} does not tell its version`)
      } else if (Number.parseInt(version, 10) < oldestRedisMajor) {
        rejected.push(`${file} is version ${version}, ${oldestRedisMajor} or later is needed`)
      } else {
        return { binary: { file, version }, rejected }
      }
    }
  }
  return { binary: null, rejected }
}

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  )
}

/** From `Redis server v=7.0.15 sha=...` or `Valkey server v=8.0.1 ...`; null when the program says anything else. */
async function versionOf(file: string): Promise<string | null> {
  const child = spawn(file, ['--version'], {
    argv0: 'redis-server',
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: 5000,
  })
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  return new Promise((resolve) => {
    // A program for another machine can't even be started: as unusable as one that says nothing.
    child.once('error', () => resolve(null))
    child.once('close', () => resolve(/\bv=(\d+\.\d+\.\d+)/.exec(output)?.[1] ?? null))
  })
}
