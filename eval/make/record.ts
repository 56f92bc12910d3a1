// Runs one script of the evaluation's set for real, writes what it printed as a CI system or a service's collector would
// keep it, and labels it. The label's lines are found by exact text, which whoever broke the script knew beforehand.
//
//   record.ts NAME --category compile --root 'exact text of a failing line' [--format github] [--secret TEXT] < script.sh
//   record.ts NAME --clean < script.sh

import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { Command, Option } from 'commander'
import { type CaseLabel, caseLabelSchema } from '../case.ts'
import { withoutColours } from '../lines.ts'
import { formats, projectFolders, render } from './formats.ts'
import { scrubbed } from './scrub.ts'

const home = '/home/ci'
const project = `${home}/project`
/** Longer logs are kept compressed. */
const gzipFrom = 24 * 1024
/** A label that takes in more than this many stretches of the log says nothing. */
const maxRanges = 12

interface Options {
  category: string[]
  root: string[]
  secret: string[]
  format: (typeof formats)[number]
  scenario?: string
  clean?: boolean
  exit?: 'any'
}

const collect = (value: string, all: string[]) => [...all, value]
const command = new Command()
  .argument('<name>')
  .option('--category <name>', 'a category that counts as right; the first is the best', collect, [])
  .option('--root <text>', 'exact text of a failing line', collect, [])
  .option('--secret <text>', 'planted, must not appear in any output', collect, [])
  .addOption(new Option('--format <name>').choices(formats).default('plain'))
  .option('--scenario <name>', 'what decides the half; default: the name')
  .option('--clean', 'nothing failed')
  .option('--exit <any>', 'any: the exit code says nothing about the log')
  .parse()
const name = command.args[0]!
const options = command.opts<Options>()

/** Everything that the script prints, both streams in the order of writing. */
function run(script: string): { output: string; exitCode: number } {
  rmSync(project, { recursive: true, force: true })
  mkdirSync(project, { recursive: true })
  const folder = mkdtempSync(join(tmpdir(), 'eval-'))
  const file = join(folder, 'output')
  const fd = openSync(file, 'w')
  const prelude = `step() { printf '\\036%s\\n' "$*"; }\nquietly() { "$@" > /dev/null 2>&1; }\n`
  const { PATH = '', DOCKER_HOST, EVAL_PATH = PATH } = process.env
  const { status } = spawnSync('bash', ['-c', prelude + script], {
    cwd: project,
    stdio: ['ignore', fd, fd],
    timeout: 170_000,
    env: {
      ...{ HOME: home, USER: 'ci', LOGNAME: 'ci', LANG: 'C.UTF-8', TZ: 'UTC', TERM: 'dumb', PYTHONHASHSEED: '0' },
      ...(DOCKER_HOST === undefined ? {} : { DOCKER_HOST }),
      PATH: `${home}/venv/bin:${home}/node_modules/.bin:${EVAL_PATH}`,
    },
  })
  closeSync(fd)
  const output = readFileSync(file, 'utf8')
  rmSync(folder, { recursive: true })
  return { output, exitCode: status ?? 137 }
}

function labelOf(log: string): CaseLabel {
  const visible = log.split('\n').map(withoutColours)
  const ranges: [number, number][] = []
  for (const [index, line] of visible.entries()) {
    if (!options.root.some((text) => line.includes(text))) continue
    const last = ranges.at(-1)
    if (last?.[1] === index) last[1] = index + 1
    else ranges.push([index + 1, index + 1])
  }
  for (const text of options.root) {
    if (!visible.some((line) => line.includes(text)))
      throw new Error(`${name}: no line contains ${JSON.stringify(text)}`)
  }
  for (const secret of options.secret) {
    if (!log.includes(secret)) throw new Error(`${name}: the secret ${secret} is not in the log`)
  }
  if (ranges.length > maxRanges)
    throw new Error(`${name}: ${ranges.length} stretches match; a root text is too general`)
  return caseLabelSchema.parse({
    scenario: options.scenario ?? name,
    format: options.format,
    categories: options.clean === true ? ['none'] : options.category,
    lines: ranges,
    texts: options.root,
    secrets: options.secret,
  })
}

const { output, exitCode } = run(readFileSync(0, 'utf8'))
const log = render(scrubbed(output, project, projectFolders[options.format]), {
  name,
  exitCode,
  format: options.format,
})
try {
  if (options.exit !== 'any' && (exitCode === 0) !== (options.clean === true)) {
    throw new Error(`${name}: ended with ${exitCode}`)
  }
  const label = labelOf(log)
  const folder = new URL('../', import.meta.url)
  for (const ending of ['log', 'log.gz']) rmSync(new URL(`logs/${name}.${ending}`, folder), { force: true })
  if (log.length < gzipFrom) writeFileSync(new URL(`logs/${name}.log`, folder), log)
  else writeFileSync(new URL(`logs/${name}.log.gz`, folder), gzipSync(log, { level: 9 }))
  writeFileSync(new URL(`labels/${name}.json`, folder), `${JSON.stringify(label, null, 2)}\n`)
  process.stdout.write(`${name}: ${log.split('\n').length} lines, failing: ${JSON.stringify(label.lines)}\n`)
} catch (error) {
  const file = join(tmpdir(), `${name}.log`)
  writeFileSync(file, log)
  process.stderr.write(`NOT RECORDED: ${(error as Error).message} (see ${fileURLToPath(new URL(`file://${file}`))})\n`)
  process.exitCode = 1
}
