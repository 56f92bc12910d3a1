// The ways to a Redis, on PATHs made for the case. What is found is started for real.

import { execFileSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { findRedisBinary } from '../../src/cli/redis-binary.ts'
import { type FoundRedis, findRedis } from '../../src/cli/redis-finder.ts'
import { installRedis } from '../../src/cli/redis-install.ts'
import { readSettings } from '../../src/settings.ts'
import { startTestRedis } from '../support/redis.ts'

let folder: string
let found: FoundRedis | undefined
const said: string[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'finder-'))
  await mkdir(join(folder, 'bin'))
  said.length = 0
})
afterEach(async () => {
  await found?.process?.stop()
  found = undefined
  await rm(folder, { recursive: true, force: true })
})

const real = (await findRedisBinary(process.env.PATH ?? '')).binary

/** A PATH with nothing on it but what the test puts there. */
const path = (): string => join(folder, 'bin')

async function stub(name: string, script: string): Promise<void> {
  await writeFile(join(path(), name), `#!/bin/sh\n${script}\n`)
  await chmod(join(path(), name), 0o755)
}

function find(env: NodeJS.ProcessEnv): Promise<FoundRedis> {
  const settings = readSettings({ DATA_DIR: join(folder, 'data with "quotes"'), ...env })
  return findRedis({ settings, env: { PATH: path(), ...env }, say: (line) => said.push(line) })
}

describe.skipIf(real === null)('with a server program', () => {
  test('the program on the PATH is started with the durable settings and stopped again', async () => {
    await symlink(real!.file, join(path(), 'redis-server'))
    found = await find({})
    const client = new Redis(found.url)
    for (const [name, value] of Object.entries({
      appendonly: 'yes',
      appendfsync: 'always',
      'maxmemory-policy': 'noeviction',
      bind: '127.0.0.1',
      dir: join(folder, 'data with "quotes"', 'redis'),
    })) {
      expect(await client.config('GET', name)).toEqual([name, value])
    }
    client.on('error', () => {}) // It is stopped while we are connected.
    const pid = Number(/process_id:(\d+)/.exec(await client.info('server'))?.[1])
    await found.process?.stop()
    client.disconnect()
    expect(() => process.kill(pid, 0)).toThrow()
    expect(await readdir(join(folder, 'data with "quotes"', 'redis'))).not.toContain('url')
  })

  test("Debian's redis-tools, which has the server under another name, will do", async () => {
    await symlink(real!.file, join(path(), 'redis-check-rdb'))
    found = await find({})
    expect(found.description).toMatch(/^redis-server \d+\.\d+\.\d+, data in /)
  })

  test('what was written is there again at the next start', async () => {
    await symlink(real!.file, join(path(), 'redis-server'))
    found = await find({})
    const first = new Redis(found.url)
    await first.set('kept', 'yes')
    first.disconnect()
    await found.process?.stop()
    found = await find({})
    const second = new Redis(found.url)
    expect(await second.get('kept')).toBe('yes')
    second.disconnect()
  })

  test('a killed server comes back on the same address with its data', async () => {
    await symlink(real!.file, join(path(), 'redis-server'))
    found = await find({})
    const client = new Redis(found.url)
    client.on('error', () => {}) // The kill breaks the connection on purpose.
    await client.set('kept', 'yes')
    const ended = new Promise<string>((resolve) => found?.process?.onEnd(resolve))
    process.kill(Number(/process_id:(\d+)/.exec(await client.info('server'))?.[1]), 'SIGKILL')
    await ended
    await found.process?.restart()
    expect(await client.get('kept')).toBe('yes')
    client.disconnect()
  })

  test('a server that a killed start left running is stopped before the data is used again', async () => {
    await symlink(real!.file, join(path(), 'redis-server'))
    const left = await find({})
    found = await find({})
    expect(found.url).not.toBe(left.url)
    expect(
      execFileSync('sh', ['-c', 'ps -eo args | grep -c "[r]edis-server 127.0.0.1:$0" || true', new URL(left.url).port])
        .toString()
        .trim(),
    ).toBe('0')
  })
})

test('a program that is too old is not used, and the error says so', async () => {
  await stub('redis-server', 'echo "Redis server v=6.0.16 sha=00000000:0 malloc=jemalloc-5.2.1 bits=64 build=1"')
  await expect(find({ NO_INSTALL: '1' })).rejects.toMatchObject({
    code: 'missing_dependency',
    message: expect.stringContaining(`${join(path(), 'redis-server')} is version 6.0.16, 7 or later is needed`),
  })
})

test('with nothing at all the one error says what to install', async () => {
  const error = await find({}).catch((thrown: Error) => thrown)
  expect(error).toMatchObject({ code: 'missing_dependency' })
  expect((error as Error).message).toMatch(
    /docker was not found; neither apt-get nor brew was found\)\. Install one with `apt-get install redis-tools`/,
  )
  expect((error as Error).message).not.toContain('\n')
})

test('NO_INSTALL=1 keeps the package manager alone', async () => {
  await stub('apt-get', `touch "${join(folder, 'ran')}"`)
  await expect(find({ NO_INSTALL: '1' })).rejects.toThrow('NO_INSTALL forbids to install it')
  expect(await readdir(folder)).not.toContain('ran')
})

test('without root and without passwordless sudo nothing is installed', async () => {
  await stub('apt-get', 'echo apt 2.6.1')
  expect(await installRedis({ env: { PATH: path() }, say: (line) => said.push(line), isRoot: false })).toEqual({
    kind: 'not_possible',
    reason: 'apt-get needs root, and sudo asks for a password',
  })
  expect(said).toEqual([])
})

describe('with apt', () => {
  const candidate = (version: string) => `printf 'redis-tools:\\n  Installed: (none)\\n  Candidate: ${version}\\n'`

  test('the command is said before it runs, and what it installed is used', async () => {
    await stub('apt-cache', candidate('5:7.0.15-1~deb12u7'))
    await stub('apt-get', `echo "$@" >> "${join(folder, 'log')}"`)
    await symlink('/usr/bin/env', join(path(), 'env'))
    const result = await installRedis({ env: { PATH: path() }, say: (line) => said.push(line), isRoot: true })
    expect(result).toEqual({ kind: 'installed', path: path() })
    expect(said).toEqual([
      'running: env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends redis-tools',
    ])
  })

  test('a version that would not do is not installed', async () => {
    await stub('apt-cache', candidate('5:6.0.16-1ubuntu1'))
    await stub('apt-get', 'true')
    const result = await installRedis({ env: { PATH: path() }, say: (line) => said.push(line), isRoot: true })
    expect(result).toEqual({
      kind: 'not_possible',
      reason: "apt's redis-tools is version 6, 7 or later is needed",
    })
    expect(said).toEqual([])
  })

  test('a machine without package lists gets them first; a failure is told with its last line', async () => {
    await stub('apt-cache', candidate('(none)'))
    await stub('apt-get', '[ "$1" = --version ] && exit; echo "E: no network" >&2; exit 100')
    const result = await installRedis({ env: { PATH: path() }, say: (line) => said.push(line), isRoot: true })
    expect(result).toEqual({ kind: 'not_possible', reason: '`apt-get update` failed: E: no network' })
    expect(said).toEqual(['running: apt-get update'])
  })
})

describe('with REDIS_URL', () => {
  test('that Redis is used, and it is not ours to stop', async () => {
    const redis = await startTestRedis()
    found = await find({ REDIS_URL: redis.url })
    expect(found).toMatchObject({ url: redis.url, process: null })
    expect(said).toEqual([])
    await redis.stop()
  })

  test('a Redis that evicts keys is warned about', async () => {
    const redis = await startTestRedis({ config: { 'maxmemory-policy': 'allkeys-lru' } })
    found = await find({ REDIS_URL: redis.url })
    expect(said).toEqual([expect.stringMatching(/^warning: this Redis evicts keys.*allkeys-lru/)])
    await redis.stop()
  })

  test('a Redis that is not there is one error with the address and without the password', async () => {
    const error = await find({ REDIS_URL: 'redis://me:s3cret@127.0.0.1:1' }).catch((thrown: Error) => thrown)
    expect(error).toMatchObject({ code: 'unavailable' })
    expect((error as Error).message).toMatch(/redis:\/\/me:\*\*\*@127\.0\.0\.1:1 can't be used: connect ECONNREFUSED/)
    expect((error as Error).message).not.toContain('s3cret')
  })

  test('a wrong password is told as such', async () => {
    const redis = await startTestRedis({ config: { requirepass: 'right' } })
    await expect(find({ REDIS_URL: redis.url.replace('//', '//:wrong@') })).rejects.toThrow(/WRONGPASS/)
    await redis.stop()
  })
})
