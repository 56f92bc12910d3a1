// Keys in a file, as a running API process takes what is written there.

import { mkdtemp, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { FaultyService } from '../../faults/faulty-service.ts'

const [alice, bob, admin] = ['alice-secret-1', 'bob-secret-22', 'admin-secret-3']

let folder: string
let file: string
let service: FaultyService
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keys-'))
  file = join(folder, 'keys')
  await writeFile(file, `alice:${alice}\n`)
  service = await FaultyService.start({
    ...{ apis: 1, workers: 1, model: 'scripted:100', key: admin },
    env: { MODEL_PRECISION: 'float32', API_KEYS: file, ADMIN_KEY: admin },
  })
})
afterAll(async () => {
  await service?.stop()
  await rm(folder, { recursive: true })
})

const statusFor = async (key: string) =>
  (await fetch(`${service.urls[0]}/jobs`, { headers: { authorization: `Bearer ${key}` } })).status
const until = (key: string, status: number) =>
  vi.waitFor(async () => expect(await statusFor(key)).toBe(status), { timeout: 15_000, interval: 200 })
const logged = (text: string) => service.linesOf(service.apis[0]!).filter((line) => line.includes(text))

it('is read again when it changes: keys come and go without a restart, and what is wrong changes nothing', async () => {
  expect([await statusFor(alice), await statusFor(bob)]).toEqual([200, 401])
  await writeFile(file, `alice:${alice}\nbob:${bob}\n`)
  await until(bob, 200)
  expect(await statusFor(alice)).toBe(200)

  // As a secret's mount does it: another file in its place.
  await writeFile(`${file}.new`, `bob:${bob}\n`)
  await rename(`${file}.new`, file)
  await until(alice, 401)
  expect(await statusFor(bob)).toBe(200)

  for (const [wrong, reason] of [
    ['bob:short\n', 'has 5 characters'],
    ['', 'a file without a key'],
    [null, 'ENOENT'],
  ] as const) {
    await (wrong === null ? rm(file) : writeFile(file, wrong))
    await vi.waitFor(() => expect(logged(reason)).toHaveLength(1), 15_000)
    expect([await statusFor(bob), await statusFor(alice)], reason).toEqual([200, 401])
  }
  expect(logged('the keys stay as they were')).toHaveLength(3)
  expect(service.lastLines()).not.toMatch(/alice-secret|bob-secret|short/)

  await writeFile(file, `alice:${alice}\n`)
  await until(alice, 200)
  await until(bob, 401)
})

it('is read again when only its content is another: of the same length, and as old as before', async () => {
  const newer = 'alice-secret-9'
  await writeFile(file, `alice:${alice}\n`)
  await until(alice, 200)
  const { atime, mtime } = await stat(file)
  const read = logged('keys read').length
  await utimes(file, atime, mtime)
  await vi.waitFor(() => expect(logged('keys read').length).toBeGreaterThan(read), 15_000)
  // As rsync leaves it.
  await writeFile(file, `alice:${newer}\n`)
  await utimes(file, atime, mtime)
  await until(newer, 200)
  await until(alice, 401)
})
