// The licences of what the program needs, and that a wrong one would be seen.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { runCommand } from '../src/cli/run-command.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const script = join(root, 'scripts/licences.ts')

const checkIn = (folder: string) =>
  runCommand('sh', ['-c', `cd "$0" && exec "$1" --import "$2" "$3"`, folder, process.execPath, tsx, script], {
    timeoutMs: 60_000,
  })
const tsx = import.meta.resolve('tsx')

test('every package that the program needs may be used by anyone', async () => {
  const { exitCode, output } = await checkIn(root)
  expect({ exitCode, output }).toMatchObject({ exitCode: 0, output: expect.stringMatching(/\d{3} MIT/) })
})

test('a package under another licence, or under none, is named', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'licences-'))
  const packages = {
    fine: { license: '(GPL-3.0 OR MIT)' },
    old: { licenses: [{ type: 'MIT' }] },
    copyleft: { license: 'GPL-3.0-only' },
    both: { license: 'MIT AND LGPL-3.0' },
    silent: {},
    'only-for-tests': { license: 'GPL-3.0-only' },
  }
  const lock: Record<string, object> = { '': {}, 'node_modules/elsewhere': { optional: true } }
  for (const [name, manifest] of Object.entries(packages)) {
    lock[`node_modules/${name}`] = { dev: name === 'only-for-tests' }
    await mkdir(join(folder, 'node_modules', name), { recursive: true })
    await writeFile(
      join(folder, 'node_modules', name, 'package.json'),
      JSON.stringify({ version: '1.0.0', ...manifest }),
    )
  }
  await writeFile(join(folder, 'package-lock.json'), JSON.stringify({ packages: lock }))
  const { exitCode, output } = await checkIn(folder)
  const named = [...output.matchAll(/^error: ([\w-]+)/gm)].map(([, name]) => name)
  expect({ exitCode, named }).toEqual({ exitCode: 1, named: ['copyleft', 'both', 'silent'] })
  await rm(folder, { recursive: true })
})
