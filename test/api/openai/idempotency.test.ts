import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiServer } from '../../../src/api/api-server.ts'
import { type RunningService, startService } from '../running-service.ts'
import { post } from '../sse-client.ts'

let service: RunningService
beforeAll(async () => {
  service = await startService({ slots: 4, stepsPerSecond: 100 })
})
afterAll(() => service.stop())

/** Long enough that its end is a stop where its client stays away for the grace, short enough to be waited for. */
const request = { prompt: 'Once upon a time', max_tokens: 400, ignore_eos: true }

const send = (path: string, key: string, body: object = request, url = service.url, signal?: AbortSignal) =>
  post(url + path, body, { headers: { 'idempotency-key': key }, ...(signal && { signal }) })

async function newestJob(): Promise<{ id: string; state: string } | undefined> {
  const { jobs } = (await (await fetch(`${service.url}/jobs`)).json()) as { jobs: { id: string; state: string }[] }
  return jobs[0]
}

/** A request that waits for its whole answer, and whose job runs. */
async function running(path: string, key: string): Promise<{ id: string; leave(): void }> {
  const before = (await newestJob())?.id
  const leaving = new AbortController()
  send(path, key, request, service.url, leaving.signal).catch(() => {})
  await expect.poll(async () => (await newestJob())?.id).not.toBe(before)
  await expect.poll(async () => (await newestJob())?.state).toBe('active')
  return { id: (await newestJob())!.id, leave: () => leaving.abort() }
}

const urlOf = (api: ApiServer) => `http://127.0.0.1:${api.ports[0]}`

const metricsOf = async (api: ApiServer) => (await fetch(`${urlOf(api)}/metrics`)).text()

describe.each(['/v1/completions', '/generate'])('an Idempotency-Key on %s', (path) => {
  it('attaches a retry to the job that goes on after the connection broke', async () => {
    const { id, leave } = await running(path, `broken${path}`)
    leave()
    const retry = await send(path, `broken${path}`)
    expect([retry.status, retry.headers.get('x-job-id')]).toEqual([200, id])
  })

  it('is free again when its job was stopped because the client stayed away', async () => {
    const { id, leave } = await running(path, `away${path}`)
    leave()
    await expect.poll(newestJob, { timeout: 10_000 }).toEqual(expect.objectContaining({ id, state: 'cancelled' }))
    const retry = await send(path, `away${path}`)
    expect(retry.status).toBe(200)
    expect(retry.headers.get('x-job-id')).not.toBe(id)
  })

  it('gives a job again that somebody has stopped', async () => {
    const { id } = await running(path, `stopped${path}`)
    await fetch(`${service.url}/jobs/${id}`, { method: 'DELETE' })
    expect((await send(path, `stopped${path}`)).headers.get('x-job-id')).toBe(id)
  })

  it('attaches a retry at another API, which is answered though the first connection breaks then', async () => {
    const other = await service.startApi()
    const { id, leave } = await running(path, `two${path}`)
    const retry = send(path, `two${path}`, request, urlOf(other))
    await expect.poll(() => metricsOf(other)).toContain('workflowai:readers 1')
    leave()
    expect([(await retry).status, (await retry).headers.get('x-job-id')]).toEqual([200, id])
  })
})

describe('an Idempotency-Key', () => {
  const short = { ...request, max_tokens: 5 }

  it('is never taken for one choice of another', async () => {
    for (const key of ['K#0', 'K#1', 'K0', 'K1']) expect((await send('/generate', key, short)).status).toBe(200)
    expect((await send('/v1/completions', 'K', { ...short, n: 2 })).status).toBe(200)
  })

  it('is refused on /v1 where another route has used it', async () => {
    expect((await send('/generate', 'shared', short)).status).toBe(200)
    expect((await send('/v1/completions', 'shared', short)).status).toBe(409)
  })
})
