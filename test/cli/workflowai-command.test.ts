// `workflowai`: the words that reach the processes behind it.

import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { runCommand } from '../../src/cli/run-command.ts'
import { variablesOf, workflowaiCommand } from '../../src/cli/workflowai-command.ts'

const bin = fileURLToPath(new URL('../../bin/workflowai.mjs', import.meta.url))
const cleanLog = fileURLToPath(new URL('../fixtures/logs/clean-ci.log', import.meta.url))
const failedLog = fileURLToPath(new URL('../fixtures/logs/gcc-make.log', import.meta.url))

function optionsOf(...words: string[]): Record<string, string | boolean> {
  const serve = workflowaiCommand().commands.find((command) => command.name() === 'serve')!
  serve.parseOptions(words)
  return serve.opts()
}

describe('the options of serve', () => {
  it('are the settings', () => {
    expect(variablesOf(optionsOf('--engine-slots', '4', '--port', '9002,9004'))).toEqual({
      ...{ ENGINE_SLOTS: '4', PORT: '9002,9004' },
    })
  })

  it('set NO_INSTALL only where --no-install is given', () => {
    expect(variablesOf(optionsOf('--no-install'))).toEqual({ NO_INSTALL: '1' })
    expect(variablesOf(optionsOf())).toEqual({})
  })
})

describe('analyze', () => {
  it.each([
    ['0 for a log without a failure', ['--no-model', cleanLog], 0],
    ['1 for a failure', ['--no-model', failedLog], 1],
    ['2 for a wrong option', ['--seed', 'x', failedLog], 2],
    ['2 for a file that is not there', ['/no/such/file'], 2],
  ])('ends with %s', async (_, args, exitCode) => {
    const result = await runCommand(process.execPath, [bin, 'analyze', ...args], { timeoutMs: 60_000 })
    expect(result).toMatchObject({ exitCode })
  })
})

describe('model show', () => {
  it('tells the memory that a token takes, in the precision that is the default and in the other', async () => {
    const { exitCode, output } = await runCommand(process.execPath, [bin, 'model', 'show'], {
      env: { ...process.env, MODEL: '' },
      timeoutMs: 60_000,
    })
    expect({ exitCode, output }).toMatchObject({
      exitCode: 0,
      // 30 layers, keys and values of 3 heads of 64 numbers.
      output: expect.stringContaining('11.5 KB a token, 46.1 with MODEL_PRECISION=float32'),
    })
  })
})
