// `npm run check`: types, lint, unused code, import boundaries, licences and the fast tests, side by side, in under a minute.
// Prints the output of what failed.

import { delimiter } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runCommand } from '../src/cli/run-command.ts'

const checks: Record<string, string[]> = {
  types: ['tsc', '--noEmit'],
  "the page's types": ['tsc', '-p', 'src/console'],
  "the client's types": ['tsc', '-p', 'src/client'],
  lint: ['biome', 'check', '--error-on-warnings'],
  'unused code': ['knip'],
  'import boundaries': ['node', '--import', 'tsx', 'scripts/boundaries.ts'],
  licences: ['node', '--import', 'tsx', 'scripts/licences.ts'],
  tests: ['vitest', 'run', '--project', 'fast', '--reporter', 'dot'],
}

const bin = fileURLToPath(new URL('../node_modules/.bin', import.meta.url))
const env = { ...process.env, PATH: [bin, process.env.PATH].join(delimiter) }

async function run(name: string, [file = '', ...args]: string[]): Promise<boolean> {
  const startedAt = performance.now()
  const { exitCode, output } = await runCommand(file, args, { env, timeoutMs: 300_000 })
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  const ok = exitCode === 0
  process.stdout.write(`${ok ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)\n${ok ? '' : `${output}\n`}`)
  return ok
}

const results = await Promise.all(Object.entries(checks).map(([name, command]) => run(name, command)))
process.exit(results.every(Boolean) ? 0 : 1)
