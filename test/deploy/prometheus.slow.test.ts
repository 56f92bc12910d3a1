// A real Prometheus that reads the service: it takes the metrics and its configuration, and every query of the dashboard has an answer.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { freePort } from '../../src/cli/free-port.ts'
import { runCommand } from '../../src/cli/run-command.ts'
import { type RunningService, startService } from '../api/running-service.ts'
import { post } from '../api/sse-client.ts'
import { repository } from '../support/docker.ts'
import { findOptional } from '../support/optional-program.ts'
import { dashboardQueries } from './dashboard-queries.ts'

const install = "install Prometheus (Debian's package is prometheus)"
const prometheus = findOptional('prometheus', { install })
const promtool = findOptional('promtool', { install })

const key = 'admin-secret-3'
const asAdmin = { authorization: `Bearer ${key}` }

let folder: string
let service: RunningService
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prometheus-'))
  service = await startService({ slots: 4, stepsPerSecond: 100, env: { ADMIN_KEY: key } })
})
afterAll(async () => {
  await service?.stop()
  await rm(folder, { recursive: true })
})

/** deploy/prometheus.yml, for the service of this test. */
async function writeConfig(): Promise<string> {
  await writeFile(join(folder, 'admin-key'), key)
  const config = await readFile(join(repository, 'deploy/prometheus.yml'), 'utf8')
  const target = `static_configs: [{ targets: ['${new URL(service.url).host}'] }]\n    authorization:`
  const own = config
    .replace('/prometheus/admin-key', join(folder, 'admin-key'))
    .replace(/dns_sd_configs:.*authorization:/s, target)
    .replace('scrape_interval: 5s', 'scrape_interval: 1s')
  expect(own).toContain(service.url.slice('http://'.length))
  const file = join(folder, 'prometheus.yml')
  await writeFile(file, own)
  return file
}

describe('promtool', () => {
  it('finds nothing wrong with the metrics and the configuration', async (context) => {
    if (promtool.file === null) return context.skip(promtool.note)
    await post(`${service.url}/generate`, { prompt: 'Hello', max_tokens: 5 }, { headers: asAdmin })
    const metrics = join(folder, 'metrics')
    await writeFile(metrics, await (await fetch(`${service.url}/metrics`, { headers: asAdmin })).text())
    const checked = await runCommand('sh', ['-c', '"$0" check metrics < "$1"', promtool.file, metrics])
    // 3: they are read, and something of their style is said. The colon is vLLM's, the other names are prom-client's own.
    expect([0, 3], checked.output).toContain(checked.exitCode)
    const said = checked.output
      .split('\n')
      .filter((line) => !/^$|names should not contain ':'|^nodejs_active_/.test(line))
    expect(said).toEqual([])
    const config = await runCommand(promtool.file, ['check', 'config', await writeConfig()])
    expect(config.exitCode, config.output).toBe(0)
  })
})

describe('Prometheus', () => {
  it('has an answer to every query of the dashboard', async (context) => {
    if (prometheus.file === null) return context.skip(prometheus.note)
    const port = await freePort()
    const child = spawn(
      prometheus.file,
      [
        ...['--config.file', await writeConfig(), '--storage.tsdb.path', join(folder, 'data')],
        ...['--web.listen-address', `127.0.0.1:${port}`, '--log.level', 'error'],
      ],
      { stdio: 'inherit' },
    )
    const load = new AbortController()
    try {
      const loaded = keepBusy(load.signal)
      for (const { title, expr } of dashboardQueries) {
        await vi.waitFor(async () => expect(await ask(port, expr), `${title}: ${expr}`).not.toEqual([]), {
          ...{ timeout: 60_000, interval: 500 },
        })
      }
      load.abort()
      await loaded
    } finally {
      load.abort()
      await end(child)
    }
  })
})

/** Jobs that end well and that fail, and requests that are refused. */
async function keepBusy(signal: AbortSignal): Promise<void> {
  const send = async (body: object) => {
    await (await post(`${service.url}/generate`, body, { headers: asAdmin })).text()
  }
  while (!signal.aborted) {
    await Promise.all([
      ...[1, 2, 3].map(() => send({ prompt: 'Once upon a time', max_tokens: 20, ignore_eos: true })),
      send({ prompt: 'A story', max_tokens: 400, ignore_eos: true, deadline_ms: 1000 }),
      send({ prompt: 7 }),
    ])
  }
}

/** The values that a query has now, those that are numbers. */
async function ask(port: number, expr: string): Promise<number[]> {
  const query = new URLSearchParams({ query: expr.replaceAll('$__rate_interval', '8s') })
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/query?${query}`)
  const { status, error, data } = (await response.json()) as {
    status: string
    error?: string
    data?: { result: { value: [number, string] }[] }
  }
  expect(status, error).toBe('success')
  return (data?.result ?? []).map(({ value }) => Number(value[1])).filter((value) => !Number.isNaN(value))
}

async function end(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit')
  child.kill()
  await exited
}
