import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningService, startService } from '../running-service.ts'
import { post } from '../sse-client.ts'
import { errorOf, openAiClient } from './openai-client.ts'

const prompt = 'Once upon a time'
const request = { prompt, max_tokens: 20, ignore_eos: true }

let service: RunningService
let client: ReturnType<typeof openAiClient>

function useService(env: NodeJS.ProcessEnv): void {
  beforeAll(async () => {
    service = await startService({ slots: 4, stepsPerSecond: 50, env })
    client = openAiClient(service)
  })
  afterAll(() => service.stop())
}

/** A job that stays until it is stopped. */
async function longJob(): Promise<{ stop(): Promise<unknown> }> {
  const body = { ...request, kind: 'generate', max_tokens: 500 }
  const { id } = (await (await post(`${service.url}/jobs`, body)).json()) as { id: string }
  return { stop: () => fetch(`${service.url}/jobs/${id}`, { method: 'DELETE' }) }
}

async function unfinished(): Promise<number> {
  const { jobs } = (await (await fetch(`${service.url}/jobs`)).json()) as { jobs: { state: string }[] }
  return jobs.filter(({ state }) => state === 'queued' || state === 'active').length
}

describe('several answers', () => {
  useService({ QUEUE_MAX_JOBS: '4' })

  it('are admitted all or none, and a retry with the same Idempotency-Key gets all of them when there is room', async () => {
    const long = await longJob()
    const keyed = { headers: { 'idempotency-key': 'four' } }
    for (let i = 0; i < 2; i++) {
      const refused = await client.post('text', { ...request, n: 4 }, keyed)
      expect(refused.headers.get('retry-after')).toMatch(/^[1-9]/)
      expect(await errorOf(refused)).toMatchObject({ status: 429, type: 'rate_limit_error', code: 'queue_full' })
    }
    expect(await unfinished()).toBe(1)
    await long.stop()
    expect((await client.post('text', { ...request, n: 4 }, keyed)).status).toBe(200)
  })

  it('are admitted all or none where they go on without readers, too', async () => {
    const long = await longJob()
    const refused = await client.post('text', { ...request, n: 4, on_disconnect: 'continue' })
    expect(refused.status).toBe(429)
    expect(await unfinished()).toBe(1)
    await long.stop()
  })

  it('are refused for good where the queue never has room for so many', async () => {
    const error = await errorOf(await client.post('text', { ...request, n: 5 }))
    expect(error).toMatchObject({ status: 400, param: 'n', message: expect.stringContaining('at most 4') })
  })
})

describe('several answers, where several keys share the queue', () => {
  useService({ QUEUE_MAX_JOBS: '8', API_KEYS: 'alice:alice-secret-1,bob:bob-secret-1' })

  it('are refused for good where a key alone never has room for so many', async () => {
    const alice = { headers: { authorization: 'Bearer alice-secret-1' } }
    const error = await errorOf(await client.post('text', { ...request, n: 7 }, alice))
    expect(error).toMatchObject({ status: 400, param: 'n', message: expect.stringContaining('at most 6') })
    expect((await client.post('text', { ...request, n: 6 }, alice)).status).toBe(200)
  })
})

describe('several answers to long prompts', () => {
  useService({ QUEUE_MAX_TOKENS: '20' })

  it('are refused for good where the queue never has room for so many tokens', async () => {
    const { usage } = await client.complete(request)
    const most = Math.ceil(20 / usage.prompt_tokens)
    expect((await client.post('text', { ...request, n: most })).status).toBe(200)
    const error = await errorOf(await client.post('text', { ...request, n: most + 1 }))
    expect(error).toMatchObject({ status: 400, param: 'n', message: expect.stringContaining('fewer than 20') })
  })
})
