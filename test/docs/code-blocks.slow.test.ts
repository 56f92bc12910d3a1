// Every code block of README and docs runs, against a real service.

import { readFileSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runCommand } from '../../src/cli/run-command.ts'
import { type RunningService, startService } from '../api/running-service.ts'
import { openTinyEmbeddings } from '../embedding/tiny-embeddings.ts'
import { noChromium, startBrowser } from '../support/browser.ts'
import { repository } from '../support/docker.ts'
import { type CodeBlock, codeBlocks, documents, writeExampleFiles } from './markdown.ts'

let service: RunningService
let browser: Browser | null = null
let folder: string

beforeAll(async () => {
  // The block's own page is of another origin than the service.
  service = await startService({
    slots: 16,
    maxContext: 2048,
    env: { CORS_ORIGINS: '*' },
    embeddings: await openTinyEmbeddings(),
  })
  folder = await mkdtemp(join(tmpdir(), 'workflowai-docs-'))
  writeExampleFiles(folder)
  await symlink(join(repository, 'node_modules'), join(folder, 'node_modules'))
  if (noChromium === null) browser = await startBrowser()
})

afterAll(async () => {
  await browser?.close()
  await service?.stop()
  await rm(folder, { recursive: true, force: true })
})

const here = (code: string) => code.replaceAll(/http:\/\/localhost:800[24]/g, service.url)

async function run(command: string, args: string[], env: NodeJS.ProcessEnv = {}) {
  const { exitCode, output } = await runCommand('sh', ['-c', 'cd "$0" && exec "$@"', folder, command, ...args], {
    env: { ...process.env, ...env },
    timeoutMs: 60_000,
  })
  expect(exitCode, output).toBe(0)
  return output
}

/** A shell block: every request in it is answered, and only those that show a refusal are refused. */
async function shell({ code }: CodeBlock): Promise<void> {
  const id = /"id":"([^"]+)"/.exec(await (await post('/jobs')).text())?.[1] ?? ''
  const before = await refusals()
  await run('bash', ['-euo', 'pipefail', '-c', here(code)], { id, API_KEY: 'none' })
  expect((await refusals()) - before).toBe(code.match(/^# \{"error"/gm)?.length ?? 0)
}

/** Requests that the service has refused, by its own count. */
async function refusals(): Promise<number> {
  const metrics = await (await fetch(`${service.url}/metrics`)).text()
  const counts = metrics.matchAll(/^workflowai:refusals_total\S* (\d+)$/gm)
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0)
}

const post = (path: string) =>
  fetch(`${service.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ kind: 'generate', prompt: 'Hello', max_tokens: 200 }),
  })

/** Of what the package exports under this name. */
function sourceOf(name: string): string {
  const { exports } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'))
  const built: string = exports[`./${name}`].default
  return join(repository, built.replace('./dist/', 'src/').replace(/\.js$/, '.ts'))
}

async function node({ code }: CodeBlock): Promise<void> {
  const file = join(folder, `block-${Math.random().toString(36).slice(2)}.mts`)
  await writeFile(
    file,
    here(code).replaceAll(/'workflowai\/([\w-]+)'/g, (_, name) => JSON.stringify(sourceOf(name))),
  )
  const output = await run(process.execPath, ['--import', import.meta.resolve('tsx'), file])
  expect(output.trim()).not.toBe('')
}

async function inBrowser({ code }: CodeBlock): Promise<void> {
  const page = await browser!.newPage()
  try {
    await page.setContent('<body></body>')
    await page.evaluate(`(async () => { ${here(code)} })()`)
    await expect.poll(() => page.evaluate('document.body.textContent'), { timeout: 20_000 }).not.toBe('')
  } finally {
    await page.close()
  }
}

/** The script of a CI step, with curl sending to the service here: it prints what the step would show. */
async function pipeline({ code, language }: CodeBlock): Promise<void> {
  // What Jenkins serves as the console's text.
  await mkdir(join(folder, 'job'), { recursive: true })
  await copyFile(join(folder, 'build.log'), join(folder, 'job/consoleText'))
  const script = language === 'groovy' ? between(code, "sh '''", "'''") : lastScript(code)
  const summary = join(folder, 'summary.md')
  await writeFile(summary, '')
  const output = await run('bash', ['-euo', 'pipefail', '-c', script], {
    ...{ WORKFLOWAI_URL: service.url, WORKFLOWAI_KEY: 'none', CI_JOB_STATUS: 'failed' },
    ...{ GITHUB_STEP_SUMMARY: summary, BUILD_URL: `file://${folder}/job` },
  })
  const shown = output + (await run('cat', [summary]))
  expect(shown).toContain('expected declaration')
}

const between = (text: string, start: string, end: string) => text.split(start)[1]?.split(end)[0] ?? ''

/** The last `|` scalar of a YAML block, with its indentation taken off. */
function lastScript(yaml: string): string {
  const lines = yaml.split(/(?:run:|-) \|\n/).at(-1) ?? ''
  const indent = /^ */.exec(lines)?.[0] ?? ''
  return lines.replaceAll(new RegExp(`^${indent}`, 'gm'), '')
}

const runners: Record<string, (block: CodeBlock) => Promise<void>> = {
  sh: shell,
  ts: node,
  js: inBrowser,
  yaml: pipeline,
  groovy: pipeline,
}

const noJq = (await runCommand('jq', ['--version'])).exitCode === 0 ? null : 'jq is not on the PATH'

const blocks = documents()
  .flatMap(codeBlocks)
  .filter(({ runBy }) => runBy === null)

describe('code blocks', () => {
  test.for(blocks)('the $language block at $place runs', async (block, { skip }) => {
    if (block.language === 'js' && noChromium !== null) skip(noChromium)
    if (block.code.includes('jq ') && noJq !== null) skip(noJq)
    const runner = runners[block.language]
    if (!runner) throw new Error(`nothing runs ${block.language}: name the test that does, or add a runner`)
    await runner(block)
  })
})
