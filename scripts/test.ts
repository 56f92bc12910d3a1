// `npm test`: gets what the tests need, runs all of them, and ends with one line of counts. What could not run is told
// loudly with its reason; with REQUIRE_ALL=1 it counts as failed, unless it is for the want of a program that is said to be optional.

import type { TestCase, TestModule, Vitest } from 'vitest/node'
import { startVitest } from 'vitest/node'
import { findRedisBinary } from '../src/cli/redis-binary.ts'
import { installRedis } from '../src/cli/redis-install.ts'
import { dockerProblem } from '../src/cli/redis-launchers.ts'
import { buildGraph } from '../src/inference/model/open-model.ts'
import { readSettings } from '../src/settings.ts'
import { resolveModel } from '../src/tokenizer/model-files.ts'
import { ProgressDisplay } from '../src/worker/progress-display.ts'

const say = (line: string): void => void process.stderr.write(`${line}\n`)

interface Counts {
  passed: number
  failed: number
  skipped: number
  /** Of those skipped: see test/support/optional-program.ts. */
  optional: number
}

async function provideRedis(): Promise<void> {
  const { binary } = await findRedisBinary(process.env.PATH ?? '')
  if (binary !== null) return say(`Redis for the tests: ${binary.file} ${binary.version}`)
  const reason = readSettings(process.env).noInstall ? 'NO_INSTALL is set' : await tryInstall()
  if (reason === null) return
  if ((await dockerProblem(process.env)) === null) return say('Redis for the tests: containers')
  say(`error: the tests need Redis 7 or later, and it could not be installed: ${reason}`)
  process.exit(1)
}

async function tryInstall(): Promise<string | null> {
  const result = await installRedis({ env: process.env, say })
  if (result.kind === 'not_possible') return result.reason
  process.env.PATH = result.path
  return null
}

/** The graphs of the embedded model, so that no single test pays for them or runs into its time limit. */
async function buildGraphs(): Promise<void> {
  const { dataDir } = readSettings({})
  const files = await resolveModel(null, dataDir)
  const display = new ProgressDisplay(process.stderr)
  for (const precision of ['int8', 'float32'] as const) {
    await buildGraph(files, {
      ...{ precision, dataDir },
      onProgress: ({ phase, done, total }) => display.show({ stage: `${phase} (${precision})`, done, total }),
    })
  }
  display.end()
}

function count(vitest: Vitest): Counts {
  const counts: Counts = { passed: 0, failed: vitest.state.getUnhandledErrors().length, skipped: 0, optional: 0 }
  for (const module of vitest.state.getTestModules()) {
    const tests = [...module.children.allTests()]
    for (const test of tests) countTest(test, counts)
    // A file that fails before or around its tests would not show in their count.
    if (!module.ok() && !tests.some((test) => test.result().state === 'failed')) counts.failed++
  }
  return counts
}

function countTest(test: TestCase, counts: Counts): void {
  const result = test.result()
  if (result.state === 'passed') counts.passed++
  else if (result.state === 'failed') counts.failed++
  else counts.skipped++
  if (result.state === 'skipped' && result.note?.startsWith('optional:')) counts.optional++
}

function tellSkipped(modules: TestModule[]): void {
  for (const module of modules) {
    for (const test of module.children.allTests()) {
      const result = test.result()
      if (result.state !== 'skipped') continue
      say(`NOT RUN: ${module.relativeModuleId} > ${test.fullName}${result.note ? ` (${result.note})` : ''}`)
    }
  }
}

await provideRedis()
await buildGraphs()
const vitest = await startVitest('test', process.argv.slice(2), { watch: false })
const counts = count(vitest)
tellSkipped(vitest.state.getTestModules())
await vitest.close()
if (process.env.REQUIRE_ALL === '1') {
  counts.failed += counts.skipped - counts.optional
  counts.skipped = counts.optional
}
// No tests at all is not success.
if (counts.passed === 0) counts.failed = Math.max(1, counts.failed)
const skipped = counts.skipped === 0 ? '' : `, ${counts.skipped} skipped`
process.stdout.write(`${counts.passed} passed, ${counts.failed} failed${skipped}\n`)
process.exit(counts.failed === 0 ? 0 : 1)
