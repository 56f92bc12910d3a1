// The command as a person types it, beside a running service.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CommandResult, runCommand } from '../../src/cli/run-command.ts'
import { type RunningService, startService } from '../api/running-service.ts'
import { repository } from '../support/docker.ts'

let service: RunningService
let folder: string

beforeAll(async () => {
  service = await startService()
  folder = await mkdtemp(join(tmpdir(), 'workflowai-command-'))
})

afterAll(async () => {
  await service.stop()
  await rm(folder, { recursive: true, force: true })
})

const workflowai = (...args: string[]): Promise<CommandResult> =>
  runCommand(process.execPath, [join(repository, 'bin/workflowai.mjs'), ...args], { timeoutMs: 25_000 })

test('help names every command, and a wrong one is answered with the nearest', async () => {
  const { output } = await workflowai('--help')
  for (const name of [
    'serve',
    'api',
    'worker',
    'analyze',
    'bench',
    'knowledge',
    'model',
    'status',
    'smoke',
    'completion',
  ]) {
    expect(output).toMatch(new RegExp(`^  ${name}\\b`, 'm'))
  }
  const wrong = await workflowai('stauts')
  expect(wrong.output).toContain('Did you mean status?')
  expect(wrong.exitCode).toBe(2)
})

test('a setting is an option too, and a wrong value names the variable', async () => {
  const { output, exitCode } = await workflowai('api', '--queue-max-jobs', 'many')
  expect(output).toContain('QUEUE_MAX_JOBS is "many"; allowed: a whole number')
  expect(exitCode).toBe(78)
})

test('status tells what a service does, for people and as JSON', async () => {
  expect((await workflowai('status', service.url)).output).toContain('workers  1')
  const { output } = await workflowai('status', service.url, '--json')
  expect(JSON.parse(output)).toMatchObject({ url: service.url, health: { model_loaded: true }, jobs: [] })
  const nobody = await workflowai('status', 'http://127.0.0.1:9')
  expect(nobody.output).toContain('nothing answers at http://127.0.0.1:9')
  expect(nobody.exitCode).toBe(1)
})

test('bench puts a load on a service and counts what its clients get', async () => {
  const { output, exitCode } = await workflowai(
    'bench',
    service.url,
    '--streams',
    '1,3',
    '--new-tokens',
    '8',
    '--prompt-tokens',
    '20',
    '--json',
  )
  expect(exitCode, output).toBe(0)
  expect(JSON.parse(output)).toMatchObject([{ concurrency: 1 }, { concurrency: 3 }])
  expect((await workflowai('bench', service.url, '--streams', 'many')).exitCode).toBe(2)
})

test('cases are imported, found and forgotten; what is wrong in a file is named', async () => {
  const file = join(folder, 'cases.json')
  const known = {
    title: 'The frobnicator is out of cogs',
    category: 'resource',
    signature: 'frobnicator: no cogs left',
    cause: 'Nobody ordered any.',
    text: 'frobnicator: no cogs left in drawer 3',
  }
  await writeFile(file, JSON.stringify([known]))
  expect((await workflowai('knowledge', 'import', file, '--url', service.url)).output).toContain('1 cases imported')
  const found = JSON.parse(
    (await workflowai('knowledge', 'list', 'frobnicator cogs', '--json', '--url', service.url)).output,
  )
  const id = found.cases[0].id
  expect(found.cases[0].title).toBe(known.title)
  expect((await workflowai('knowledge', 'delete', id, '--url', service.url)).exitCode).toBe(0)
  await writeFile(file, JSON.stringify([{ ...known, category: 'weather' }]))
  const refused = await workflowai('knowledge', 'import', file, '--url', service.url)
  expect(refused.output).toMatch(/category is "weather"; allowed: /)
  expect(refused.exitCode).toBe(1)
})

test('a completion script knows commands and options, and is one that the shell can read', async () => {
  const { output } = await workflowai('completion', 'bash')
  expect(output).toContain('--engine-slots')
  expect(output).not.toContain('--api-keys')
  const script = join(folder, 'completion.bash')
  await writeFile(script, output)
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's own
  const check = 'source "$0"; COMP_WORDS=(workflowai sta); COMP_CWORD=1; _workflowai; echo "${COMPREPLY[@]}"'
  expect((await runCommand('bash', ['-c', check, script])).output.trim()).toBe('status')
})
