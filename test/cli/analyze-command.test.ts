import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { analyzeCommand } from '../../src/cli/analyze-command.ts'
import { createLogAnalyzer } from '../../src/llm/log-analyzer.ts'
import { analysisSchema } from '../../src/logs/analysis.ts'
import { writeTinyEncoder } from '../embedding/tiny-encoder.ts'

const log = (name: string) => fileURLToPath(new URL(`../fixtures/logs/${name}`, import.meta.url))

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'analyze-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function run(
  args: string[],
  { input, tty = false, env = {} }: { input?: string; tty?: boolean; env?: NodeJS.ProcessEnv } = {},
) {
  let stdout = ''
  let stderr = ''
  const stdin = Object.assign(Readable.from(input === undefined ? [] : [Buffer.from(input)]), {
    isTTY: input === undefined,
  })
  const code = await analyzeCommand(args, {
    stdin,
    stdout: { isTTY: tty, write: (text) => (stdout += text) },
    stderr: { isTTY: false, write: (text: string) => (stderr += text) } as unknown as NodeJS.WriteStream,
    env,
  })
  return { code, stdout, stderr }
}

describe('analyze', () => {
  it('shows the failing lines between their neighbours with a marker, the fixes and the links, and exits with 1', async () => {
    const { code, stdout } = await run(['--no-model', log('gcc-make.log')])
    expect(code).toBe(1)
    expect(stdout).toMatch(/^✖ The compiler rejected the code/)
    expect(stdout).toMatch(/\n {3}8 │ .*\n> {2}9 │ .*'tok' undeclared/)
    expect(stdout).toMatch(/Fixes\n {2}- /)
    expect(stdout).toContain('https://gcc.gnu.org/')
  })

  it('reads a pipe, says that a clean log is clean, and exits with 0', async () => {
    const input = readFileSync(log('clean-ci.log'), 'utf8')
    expect(await run(['--no-model'], { input })).toMatchObject({ code: 0, stdout: '✔ The log shows no failure.\n' })
    expect((await run(['--no-model', '-'], { input })).code).toBe(0)
  })

  it('gives the Analysis of the Runnable as JSON', async () => {
    const { code, stdout } = await run(['--no-model', '--json', log('npm-install.log')])
    expect(code).toBe(1)
    const analysis = analysisSchema.parse(JSON.parse(stdout))
    expect(analysis).toEqual(await createLogAnalyzer().invoke(readFileSync(log('npm-install.log'))))
  })

  it('colours a terminal, unless NO_COLOR is set', async () => {
    const args = ['--no-model', log('gcc-make.log')]
    expect((await run(args, { tty: true })).stdout).toContain('\u001b[31m')
    expect((await run(args, { tty: true, env: { NO_COLOR: '1' } })).stdout).not.toContain('\u001b')
    expect((await run(args)).stdout).not.toContain('\u001b')
    expect((await run(args, { env: { FORCE_COLOR: '1' } })).stdout).toContain('\u001b[31m')
  })

  it('lets no log write to the terminal', async () => {
    const input = 'ok\nfatal error: \u001b]0;owned\u0007\u001b[2J\u009b31m disk gone\u0008\n'
    expect((await run(['--no-model'], { input, tty: true, env: { NO_COLOR: '1' } })).stdout).not.toMatch(
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
      /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/,
    )
  })

  it.each([
    ['no log at all', [], 'give a FILE'],
    ['a file that is not there', ['/no/such/file'], "can't read /no/such/file"],
    ['a folder', ['/'], 'error'],
    ['an unknown option', ['--frob'], "unknown option '--frob'"],
    ['a wrong number', ['--seed', 'x', '/dev/null'], 'no whole number'],
    ['a service that is not there', ['--url', 'http://127.0.0.1:1', log('gcc-make.log')], 'no service answers'],
  ])('exits with 2 and one line for %s', async (_, args, message) => {
    const { code, stdout, stderr } = await run(args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(message)
    expect(stderr.trim().split('\n')).toHaveLength(1)
  })

  it('searches by meaning where there is an embedding model, and says what is wrong with one that can not be used', async () => {
    const plain = await run(['--no-model', '--json', log('npm-install.log')])
    const model = writeTinyEncoder(join(folder, 'tiny'))
    expect(await run(['--no-model', '--json', log('npm-install.log')], { env: { EMBEDDING_MODEL: model } })).toEqual(
      plain,
    )
    const wrong = await run(['--no-model', log('npm-install.log')], { env: { EMBEDDING_MODEL: folder } })
    expect(wrong).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^error: .* has no config\.json/),
    })
  })

  it('exits with 2 for an empty file, and with 0 for its help', async () => {
    await writeFile(join(folder, 'empty.log'), '')
    expect(await run(['--no-model', join(folder, 'empty.log')])).toMatchObject({
      code: 2,
      stderr: 'error: the log is empty\n',
    })
    const help = await run(['--help'])
    expect(help.code).toBe(0)
    expect(help.stdout).toContain('Exit code 0: no failure found')
  })
})
