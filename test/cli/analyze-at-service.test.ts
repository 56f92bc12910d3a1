import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { analyzeAtService } from '../../src/cli/analyze-at-service.ts'
import { type RunningService, startService } from '../api/running-service.ts'
import { type CuttingProxy, startCuttingProxy } from '../client/cutting-proxy.ts'

let service: RunningService
let proxy: CuttingProxy
/** Over a connection that holds. */
let whole: Awaited<ReturnType<typeof analyze>>
beforeAll(async () => {
  service = await startService({ maxContext: 1024, stepsPerSecond: 100 })
  whole = await analyze(service.url)
})
afterAll(() => service?.stop())
beforeEach(async () => {
  proxy = await startCuttingProxy(service.url)
})
afterEach(() => proxy.close())

const log = readFileSync(new URL('../fixtures/logs/npm-install.log', import.meta.url))

async function analyze(url: string, onToken: (count: number) => void = () => {}) {
  const stages: string[] = []
  let tokens = 0
  const progress = { stage: (name: string) => void stages.push(name), token: () => onToken(++tokens) }
  const result = await analyzeAtService(log, { url, key: undefined, type: 'auto', seed: 3, maxTokens: 100 }, progress)
  // How much of the prompt an engine still knew is its own affair.
  const same = JSON.parse(JSON.stringify(result, (key, value) => (key === 'cached_tokens' ? 0 : value)))
  return { result: same, stages, tokens }
}

async function jobs(): Promise<number> {
  const { jobs } = (await (await fetch(`${service.url}/jobs`)).json()) as { jobs: unknown[] }
  return jobs.length
}

describe('an analysis at a service', () => {
  it('comes out whole though its connection breaks again and again, with each stage and token once', async () => {
    proxy.cut(3, 1500)
    expect(await analyze(proxy.url)).toEqual(whole)
    expect(proxy.connections()).toBeGreaterThanOrEqual(4)
  })

  it('comes out whole though the API process that it was sent to goes away', async () => {
    const other = await service.startApi()
    const onToken = (count: number) => {
      if (count === 5) proxy.moveTo(`http://127.0.0.1:${other.ports[0]}`)
    }
    expect(await analyze(proxy.url, onToken)).toEqual(whole)
    expect(proxy.connections()).toBe(2)
  })

  it('is one job though the answer to the log was lost', async () => {
    const before = await jobs()
    proxy.cut(1, 0)
    await analyze(proxy.url)
    expect(proxy.connections()).toBe(2)
    expect(await jobs()).toBe(before + 1)
  })

  it('throws what the service refuses, at once', async () => {
    const refused = analyzeAtService(
      log,
      { url: proxy.url, key: undefined, type: 'auto', maxTokens: 100_000 },
      { stage: () => {}, token: () => {} },
    )
    await expect(refused).rejects.toMatchObject({ code: 'invalid_request', field: 'max_tokens' })
    expect(proxy.connections()).toBe(1)
  })
})
