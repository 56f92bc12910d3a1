// The Redis that `npm start` runs in a container where there is Docker but no server program.

import { mkdir, mkdtemp, rm, stat, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FoundRedis, findRedis } from '../../src/cli/redis-finder.ts'
import { readSettings } from '../../src/settings.ts'
import { docker, noDocker } from '../support/docker.ts'

let folder: string
let found: FoundRedis | undefined

beforeEach(async ({ skip }) => {
  if (noDocker !== null) skip(noDocker)
  folder = await mkdtemp(join(tmpdir(), 'redis-container-'))
  await mkdir(join(folder, 'bin'))
  for (const file of (process.env.PATH ?? '').split(delimiter).map((entry) => join(entry, 'docker'))) {
    if (await stat(file).catch(() => null)) return symlink(file, join(folder, 'bin/docker'))
  }
})
afterEach(async () => {
  await found?.process?.stop()
  if (folder) await rm(folder, { recursive: true, force: true })
})

const find = (): Promise<FoundRedis> =>
  findRedis({
    settings: readSettings({ DATA_DIR: join(folder, 'data') }),
    env: { ...process.env, PATH: join(folder, 'bin') },
    say: () => {},
  })

test('it keeps its data over a stop, and leaves no container behind', async () => {
  found = await find()
  expect(found.description).toMatch(/^container redis:7-alpine, data in /)
  const first = new Redis(found.url)
  await first.set('kept', 'yes')
  expect(await first.config('GET', 'appendfsync')).toEqual(['appendfsync', 'always'])
  first.disconnect()
  await found.process?.stop()
  expect((await docker(['ps', '-a', '--format', '{{.Names}}'])).output).not.toContain('workflowai-redis-')

  found = await find()
  const second = new Redis(found.url)
  expect(await second.get('kept')).toBe('yes')
  second.disconnect()
})

test('its files are ours, so that the folder can be deleted', async () => {
  found = await find()
  expect((await stat(join(folder, 'data/redis/appendonlydir'))).uid).toBe(process.getuid?.())
})
