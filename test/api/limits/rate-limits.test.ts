import { afterEach, describe, expect, it } from 'vitest'
import { type RunningService, startService } from '../running-service.ts'
import { post } from '../sse-client.ts'

const keys = { API_KEYS: 'alice:alice-secret-1,bob:bob-secret-22', ADMIN_KEY: 'admin-secret-3' }

let service: RunningService
afterEach(() => service.stop())

const start = async (env: NodeJS.ProcessEnv) => {
  service = await startService({ slots: 4, env })
}
const as = (key: string) => ({ headers: { authorization: `Bearer ${key}` } })
const body = { prompt: 'Hello', max_tokens: 5, ignore_eos: true }
const generate = (key: string, overrides = {}) => post(`${service.url}/generate`, { ...body, ...overrides }, as(key))
const header = (response: Response, name: string) => Number.parseFloat(response.headers.get(name) ?? 'missing')

describe('a limit on requests', () => {
  it('is kept for each key by itself, over all API processes, and says what is left', async () => {
    await start({ ...keys, RATE_LIMIT_REQUESTS: '3' })
    const second = await service.startApi()
    const first = await generate('alice-secret-1')
    expect(first.status).toBe(200)
    expect(header(first, 'x-ratelimit-limit-requests')).toBe(3)
    expect(header(first, 'x-ratelimit-remaining-requests')).toBe(2)
    expect(first.headers.get('x-ratelimit-reset-requests')).toMatch(/^\d+(\.\d+)?s$/)
    await generate('alice-secret-1')
    await post(`http://127.0.0.1:${second.ports[0]}/generate`, body, as('alice-secret-1'))
    const refused = await generate('alice-secret-1')
    expect(refused.status).toBe(429)
    expect(header(refused, 'retry-after')).toBeGreaterThanOrEqual(1)
    expect(header(refused, 'retry-after')).toBeLessThanOrEqual(60)
    expect(header(refused, 'x-ratelimit-remaining-requests')).toBe(0)
    expect(await refused.json()).toMatchObject({ error: { code: 'rate_limited' } })
    expect((await generate('bob-secret-22')).status).toBe(200)
    expect((await fetch(`${service.url}/jobs`, as('alice-secret-1'))).status).toBe(200)
    for (let i = 0; i < 5; i++) expect((await generate('admin-secret-3')).status).toBe(200)
  })

  it('counts whatever way the path is written, and bodies that are refused', async () => {
    await start({ ...keys, RATE_LIMIT_REQUESTS: '2' })
    await post(`${service.url}/GENERATE/`, 'not json', as('alice-secret-1'))
    await post(`${service.url}/Generate`, body, as('alice-secret-1'))
    expect((await generate('alice-secret-1')).status).toBe(429)
  })

  it('counts by address where there are no keys', async () => {
    await start({ RATE_LIMIT_REQUESTS: '1', TRUST_PROXY: '1' })
    const from = (address: string) => post(`${service.url}/generate`, body, { headers: { 'x-forwarded-for': address } })
    expect((await from('192.0.2.1')).status).toBe(200)
    expect((await from('192.0.2.1')).status).toBe(429)
    expect((await from('192.0.2.2')).status).toBe(200)
  })

  it('believes no address that a client claims by itself', async () => {
    await start({ RATE_LIMIT_REQUESTS: '1' })
    const from = (address: string) => post(`${service.url}/generate`, body, { headers: { 'x-forwarded-for': address } })
    expect((await from('192.0.2.1')).status).toBe(200)
    expect((await from('192.0.2.2')).status).toBe(429)
  })
})

describe('a limit on tokens', () => {
  it('takes prompt and answer, and gives back what an answer did not use', async () => {
    await start({ ...keys, RATE_LIMIT_TOKENS: '300' })
    const first = await generate('alice-secret-1', { max_tokens: 100, ignore_eos: false, stop: ['e', 'a', 'o', 'i'] })
    const { usage } = (await first.json()) as { usage: { total_tokens: number; prompt_tokens: number } }
    expect(usage.total_tokens).toBeLessThan(100)
    expect(header(first, 'x-ratelimit-remaining-tokens')).toBe(300 - usage.prompt_tokens - 100)
    await expect
      .poll(async () => header(await generate('alice-secret-1', { max_tokens: 1 }), 'x-ratelimit-remaining-tokens'))
      .toBeGreaterThan(150)
  })

  it('refuses what does not fit with Retry-After, and still takes what does', async () => {
    await start({ ...keys, RATE_LIMIT_TOKENS: '100' })
    expect((await generate('alice-secret-1', { max_tokens: 60 })).status).toBe(200)
    const refused = await generate('alice-secret-1', { max_tokens: 60 })
    expect(refused.status).toBe(429)
    expect(header(refused, 'retry-after')).toBeGreaterThanOrEqual(1)
    expect((await generate('alice-secret-1', { max_tokens: 10 })).status).toBe(200)
    expect((await generate('bob-secret-22', { max_tokens: 60 })).status).toBe(200)
  })

  it('refuses what no minute has at once, naming the field', async () => {
    await start({ ...keys, RATE_LIMIT_TOKENS: '100' })
    const refused = await generate('alice-secret-1', { max_tokens: 200 })
    expect(refused.status).toBe(422)
    expect(await refused.json()).toMatchObject({ error: { field: 'max_tokens' } })
  })

  it('costs nothing where an Idempotency-Key finds its job', async () => {
    await start({ ...keys, RATE_LIMIT_TOKENS: '100' })
    const send = () =>
      post(
        `${service.url}/generate`,
        { ...body, max_tokens: 40 },
        { headers: { ...as('alice-secret-1').headers, 'idempotency-key': 'one' } },
      )
    for (let i = 0; i < 4; i++) expect((await send()).status).toBe(200)
  })
})
