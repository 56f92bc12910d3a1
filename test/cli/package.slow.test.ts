// The package as somebody else installs it: packed, installed in an empty folder, run without the sources.

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort } from '../../src/cli/free-port.ts'
import { runCommand } from '../../src/cli/run-command.ts'

const repository = fileURLToPath(new URL('../..', import.meta.url))
const model = join(repository, 'models/SmolLM2-135M-Instruct.Q4_1.gguf')
let folder: string

async function inFolder(command: string, env: NodeJS.ProcessEnv = {}) {
  return runCommand('sh', ['-c', `cd "$0" && ${command}`, folder], {
    env: { ...process.env, ...env },
    timeoutMs: 170_000,
  })
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'workflowai-package-'))
  const packed = await runCommand(
    'sh',
    ['-c', 'cd "$0" && npm run --silent package -- --silent --pack-destination "$1"', repository, folder],
    {
      timeoutMs: 170_000,
    },
  )
  expect(packed.exitCode, packed.output).toBe(0)
  await writeFile(join(folder, 'package.json'), '{"name":"elsewhere","private":true}')
  const installed = await inFolder('npm install --silent --ignore-scripts --prefer-offline ./workflowai-*.tgz')
  expect(installed.exitCode, installed.output).toBe(0)
})

afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

test('the command tells its version and its commands', async () => {
  const { exitCode, output } = await inFolder('npx workflowai --version && npx workflowai --help')
  expect(output).toMatch(/^\d+\.\d+\.\d+\n/)
  expect(output).toContain('serve')
  expect(exitCode).toBe(0)
})

test('without a model it says how to get one', async () => {
  const { exitCode, output } = await inFolder('npx workflowai serve', { MODEL: '', NO_INSTALL: '1' })
  expect(output).toMatch(/error: .*no model.*model pull/)
  expect(exitCode).toBe(78)
})

test('an unknown command ends with 2', async () => {
  expect((await inFolder('npx workflowai serv')).exitCode).toBe(2)
})

test('with a model it serves, and stops at a signal', async () => {
  const port = await freePort()
  const serve = start(port)
  try {
    await readyLine(serve)
    const response = await fetch(`http://127.0.0.1:${port}/generate`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ prompt: 'Once upon a time', max_tokens: 8, temperature: 0 }),
    })
    expect(await response.json()).toMatchObject({ tokens_generated: 8, finish_reason: 'length' })
    // The console is part of the package.
    expect(await (await fetch(`http://127.0.0.1:${port}/console/main.js`)).text()).toContain('activity')
  } finally {
    serve.kill('SIGTERM')
    if (serve.exitCode === null) await new Promise((resolve) => serve.once('exit', resolve))
  }
  expect(serve.exitCode).toBe(0)
}, 180_000)

function start(port: number): ChildProcess {
  const command = join(folder, 'node_modules/.bin/workflowai')
  return spawn(command, ['serve', '--port', String(port), '--engine-slots', '2', '--model', model], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, DATA_DIR: join(folder, '.data'), LOG_LEVEL: 'warn' },
  })
}

async function readyLine(serve: ChildProcess): Promise<void> {
  for await (const line of createInterface({ input: serve.stdout! })) if (line.startsWith('ready')) return
  throw new Error('the service ended before it was ready')
}
