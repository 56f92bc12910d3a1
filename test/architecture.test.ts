// The import table is checked on copies of the sources, because a check that can't fail says nothing.

import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { runCommand } from '../src/cli/run-command.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'architecture-'))
  for (const file of ['package.json', 'tsconfig.json', '.dependency-cruiser.cjs'])
    await cp(join(root, file), join(folder, file))
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
})
afterEach(() => rm(folder, { recursive: true }))

async function boundaries(): Promise<{ exitCode: number | null; output: string }> {
  const script = join(root, 'scripts/boundaries.ts')
  return runCommand('sh', ['-c', `cd "$0" && exec "$1" --import tsx "$2"`, folder, process.execPath, script], {
    timeoutMs: 60_000,
  })
}

// Each reads every source file in a process of its own.
vi.setConfig({ testTimeout: 120_000 })

test('the sources keep to the import table', async () => {
  await cp(join(root, 'src'), join(folder, 'src'), { recursive: true })
  expect(await boundaries()).toMatchObject({ exitCode: 0 })
})

test('forbidden imports are found, of values and of types, and so are circles', async () => {
  await cp(join(root, 'src'), join(folder, 'src'), { recursive: true })
  await writeFile(
    join(folder, 'src/stream/planted.ts'),
    "import '../cli/start.ts'\nimport type { Settings } from '../settings.ts'\nexport type Planted = Settings\n",
  )
  await writeFile(join(folder, 'src/tokenizer/one.ts'), "import './two.ts'\n")
  await writeFile(join(folder, 'src/tokenizer/two.ts'), "import './one.ts'\n")
  const { exitCode, output } = await boundaries()
  expect(exitCode).not.toBe(0)
  expect(output).toContain('stream-imports: src/stream/planted.ts → src/cli/start.ts')
  expect(output).toContain('settings-in-main-files: src/stream/planted.ts → src/settings.ts')
  expect(output).toContain('no-circle: src/tokenizer/one.ts')
})

test('a check that saw no module fails', async () => {
  await cp(join(root, 'test/cli/fixtures/worker'), join(folder, 'src'), { recursive: true })
  await rm(join(folder, 'src/main.ts'))
  expect((await boundaries()).exitCode).toBe(1)
})
