// `npm run bench` as a person types it, without measuring anything.

import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { type BenchOrder, benchCommand } from '../../bench/bench-command.ts'
import { type CommandResult, runCommand } from '../../src/cli/run-command.ts'

const main = fileURLToPath(new URL('../../bench/main.ts', import.meta.url))
const bench = (...words: string[]): Promise<CommandResult> =>
  runCommand(process.execPath, ['--import', 'tsx', main, ...words], { timeoutMs: 25_000 })

async function orderOf(...words: string[]): Promise<BenchOrder> {
  const orders: BenchOrder[] = []
  await benchCommand(async (order) => void orders.push(order)).parseAsync(words, { from: 'user' })
  return orders[0]!
}

test('without a part all are measured, else those that are named', async () => {
  expect(await orderOf('--write')).toEqual({
    ...{ parts: new Set(['service', 'engine', 'delivery', 'edge']), write: true },
  })
  expect(await orderOf('edge', 'engine')).toEqual({ parts: new Set(['edge', 'engine']), write: false })
})

test('help names the parts and how long they take, the peers and --write', async () => {
  const { exitCode, output } = await bench('--help')
  for (const part of ['service', 'engine', 'delivery', 'edge'])
    expect(output).toMatch(new RegExp(`^  ${part} .*about \\d+ minutes$`, 'm'))
  for (const name of ['LLAMA_SERVER', 'OPENVINO_BENCH', '--write']) expect(output).toContain(name)
  expect(exitCode).toBe(0)
})

test.each([
  ['a part that there is not', ['servce'], /^error: .*'servce'.* service, engine, delivery, edge\.\n$/],
  ['an option that there is not', ['--wriet'], /^error: unknown option '--wriet'; allowed: --write, --help\n$/],
  ['a part that would be written', ['--write', 'engine'], /^error: --write is refused with a part \(engine\): .*\n$/],
])('%s is refused in one line, and nothing is measured', async (_, words, line) => {
  const { exitCode, output } = await bench(...words)
  expect(output).toMatch(line)
  expect(exitCode).toBe(2)
})
