import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { usableCores } from '../src/usable-cores.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'cores-'))
})
afterEach(() => rm(root, { recursive: true }))

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, file)), { recursive: true })
  await writeFile(join(root, file), text)
}

test('without a quota the affinity decides', async () => {
  expect(usableCores(root, 8)).toBe(8)
  await write('sys/fs/cgroup/cpu.max', 'max 100000\n')
  await write('sys/fs/cgroup/cpu/cpu.cfs_quota_us', '-1\n')
  await write('sys/fs/cgroup/cpu/cpu.cfs_period_us', '100000\n')
  expect(usableCores(root, 8)).toBe(8)
})

test('a quota below the affinity decides, rounded down', async () => {
  await write('sys/fs/cgroup/cpu.max', '250000 100000\n')
  expect(usableCores(root, 8)).toBe(2)
})

test('a quota of half a core is one thread', async () => {
  await write('sys/fs/cgroup/cpu.max', '50000 100000\n')
  expect(usableCores(root, 8)).toBe(1)
})

test('the strictest folder above the process counts', async () => {
  await write('proc/self/cgroup', '0::/system.slice/app.service\n')
  await write('sys/fs/cgroup/system.slice/cpu.max', '300000 100000\n')
  await write('sys/fs/cgroup/system.slice/app.service/cpu.max', 'max 100000\n')
  expect(usableCores(root, 8)).toBe(3)
})

test('the quota of cgroup version 1 is read too', async () => {
  await write('sys/fs/cgroup/cpu/cpu.cfs_quota_us', '400000\n')
  await write('sys/fs/cgroup/cpu/cpu.cfs_period_us', '100000\n')
  expect(usableCores(root, 8)).toBe(4)
})
