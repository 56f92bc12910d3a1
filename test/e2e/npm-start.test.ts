// The documented commands against the real thing: real model, real Redis, real curl.

import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { analyzeResultSchema, generateResultSchema, jobSchema } from '../../src/api/wire-schemas.ts'
import { followStream, post, readStream, streamOf, textOf } from '../api/sse-client.ts'
import { writeExampleFiles } from '../docs/markdown.ts'
import { npmStart, type RunningStart } from './running-start.ts'

const run = promisify(execFile)
const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')

const folder = mkdtempSync(join(tmpdir(), 'workflowai-readme-'))
writeExampleFiles(folder)

let service: RunningStart
let logs: string
let model: string

beforeAll(async () => {
  service = await npmStart({ DISCONNECT_GRACE_MS: '3000', WORKERS: '2' })
  ;[logs, model] = service.urls
})
afterAll(async () => {
  await service?.cleanUp()
  rmSync(folder, { recursive: true, force: true })
})

/** The shell blocks of the README that talk to the service, with this one's ports. */
function shellBlocks(): string[] {
  return [...readme.matchAll(/```sh\n([\s\S]*?)```/g)]
    .map(([, block]) => block!)
    .filter((block) => block.includes('curl'))
    .map((block) => block.replaceAll('http://localhost:8004', model).replaceAll('http://localhost:8002', logs))
}

const sh = async (script: string) =>
  (await run('bash', ['-e', '-c', script], { cwd: folder, timeout: 120_000, maxBuffer: 1 << 26 })).stdout

describe('npm start', () => {
  it('runs every curl line of the README as it stands there', async () => {
    const [generate, analyze, routes, wrong] = await Promise.all(shellBlocks().map(sh))
    expect(generate).toMatch(/event: token[\s\S]*event: done/)
    expect(analyze).toMatch(/event: stage[\s\S]*event: token[\s\S]*event: done/)
    expect(analyze).toContain('TS2322')
    expect(routes).toMatch(/"text":.*"full_text":.*event: done.*workflowai:workers 2.*"openapi":"3\.1\.0"/s)
    expect(wrong).toContain('top_p is 7; allowed: at most 1')
  })

  it('passes the smoke script', async () => {
    for (const url of service.urls) {
      const { stdout } = await run('npm', ['run', 'smoke', '--', url], { timeout: 120_000 })
      expect(stdout).toMatch(/Passed: 8 Failed: 0\s*$/)
    }
  })

  it('gives the same text streamed and whole, without a broken character, for a prompt full of emoji and CJK', async () => {
    const request = {
      prompt: '👩‍🚀🦄 漢字と絵文字の話 🎉🎉 한국어 🏳️‍🌈:',
      max_tokens: 60,
      seed: 7,
      temperature: 1.2,
      ignore_eos: true,
    }
    const streamed = await streamOf(`${model}/generate/stream`, request)
    const whole = generateResultSchema.parse(await (await post(`${model}/generate`, request)).json())
    expect(whole.text).toBe(streamed.text)
    expect(whole.text).not.toContain('\ufffd')
  })

  it('never shows a stop string, and keeps what stands before it', async () => {
    const request = { prompt: 'One, two, three, four, five,', max_tokens: 60, temperature: 0, ignore_eos: true }
    const whole = generateResultSchema.parse(await (await post(`${model}/generate`, request)).json())
    // From the middle of the answer, over several tokens.
    const stop = whole.text.slice(20, 34)
    const cut = await streamOf(`${model}/generate/stream`, { ...request, stop })
    expect(cut.text).toBe(whole.text.slice(0, whole.text.indexOf(stop)))
    expect(cut.end?.data.finish_reason).toBe('stop')
  })

  it('delivers tokens one by one: the median gap is a step, not the answer', async () => {
    const startedAt = performance.now()
    const response = await post(`${model}/generate/stream`, { prompt: 'A story:', max_tokens: 64, ignore_eos: true })
    const times: number[] = []
    for await (const { type, at } of followStream(response, startedAt)) if (type === 'token') times.push(at)
    const gaps = times.slice(1).map((at, index) => at - times[index]!)
    const median = gaps.sort((a, b) => a - b)[Math.floor(gaps.length / 2)]!
    const span = times.at(-1)! - times[0]!
    expect(median).toBeGreaterThan(span / times.length / 4)
    expect(Math.max(...gaps)).toBeLessThan(span / 2)
  })

  it('analyses a build log with the failing line quoted at its number', async () => {
    const lines = [
      '> build',
      'compiling 120 files',
      'src/db.c:42:7: error: use of undeclared identifier `conn`',
      'make: *** [all] Error 1',
    ]
    const body = { log_content: lines.join('\n'), log_type: 'build', max_tokens: 60 }
    const result = analyzeResultSchema.parse(await (await post(`${logs}/workflows/analyze-log`, body)).json())
    expect(result.analysis?.root_cause?.evidence[0]).toMatchObject({ line_start: 3, quote: lines[2] })
    expect(result.analysis?.category).toBe('compile')
  })

  it('carries a stream over the death of its worker, without a repeated or missing token', async () => {
    const request = { prompt: 'A very long story:', max_tokens: 300, temperature: 0.8, seed: 11, ignore_eos: true }
    const whole = await streamOf(`${model}/generate/stream`, request)
    const response = await post(`${model}/generate/stream`, request)
    const id = response.headers.get('x-job-id')
    const events = []
    for await (const event of followStream(response)) {
      events.push(event)
      if (event.id === 60) {
        const job = jobSchema.parse(await (await fetch(`${model}/jobs/${id}`)).json())
        process.kill(job.worker!.pid, 'SIGKILL')
      }
    }
    const logged = events.filter((event) => event.id !== null)
    expect(logged.map((event) => event.id)).toEqual(logged.map((_, index) => index))
    expect(events.at(-1)).toMatchObject({ type: 'done', data: { tokens_generated: 300 } })
    // Another batch may turn a near-tie another way; the tokens that were sent stay, and almost always all are equal.
    const before = textOf(events.filter((event) => (event.id ?? 0) <= 60))
    expect(whole.text.startsWith(before)).toBe(true)
    expect(jobSchema.parse(await (await fetch(`${model}/jobs/${id}`)).json()).attempt).toBe(2)
  })

  it('leaves nothing behind after Ctrl-C, open streams or not', async () => {
    const open = post(`${model}/generate/stream`, { prompt: 'A story:', max_tokens: 500, ignore_eos: true }).then(
      readStream,
    )
    open.catch(() => {})
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(service.processes().length).toBeGreaterThan(4)
    service.interrupt()
    expect(await service.exitCode).toBe(0)
    expect(service.processes()).toEqual([])
    expect(service.output()).not.toMatch(/unhandled|TypeError|ReferenceError/i)
  })
})
