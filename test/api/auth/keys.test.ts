import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { head, many, RawClient } from '../../faults/raw-client.ts'
import { type RunningService, startService } from '../running-service.ts'
import { readStream } from '../sse-client.ts'

const keys = { alice: 'alice-secret-1', bob: 'bob-secret-22', admin: 'admin-secret-3' }
type Name = keyof typeof keys

let service: RunningService
beforeAll(async () => {
  const { alice, bob, admin } = keys
  service = await startService({
    slots: 2,
    stepsPerSecond: 200,
    env: { API_KEYS: `alice:${alice},bob:${bob},alice:alice-newer-1`, ADMIN_KEY: admin },
  })
})
afterAll(() => service.stop())

const as = (key: Name | string) => ({ authorization: `Bearer ${keys[key as Name] ?? key}` })

function send(path: string, init: RequestInit & { body?: string; from?: Name | string } = {}): Promise<Response> {
  const headers = { 'content-type': 'application/json', ...(init.from && as(init.from)), ...init.headers }
  return fetch(service.url + path, { ...init, headers })
}

const short = { prompt: 'Hello', max_tokens: 3 }
const submit = async (from: Name, body: object = { kind: 'generate', ...short }) => {
  const response = await send('/jobs', { method: 'POST', from, body: JSON.stringify(body) })
  expect(response.status).toBe(202)
  return ((await response.json()) as { id: string }).id
}
const generate = (from: Name, headers: Record<string, string> = {}, body: object = short) =>
  send('/generate', { method: 'POST', from, headers, body: JSON.stringify(body) })
const listed = async (from: Name) => {
  const { jobs } = (await (await send('/jobs', { from })).json()) as { jobs: { id: string }[] }
  return jobs.map(({ id }) => id)
}

describe('a service with keys', () => {
  it.each([
    ['POST', '/generate'],
    ['POST', '/generate/stream'],
    ['POST', '/workflows/analyze-log'],
    ['POST', '/workflows/analyze-log/stream'],
    ['POST', '/jobs'],
    ['POST', '/jobs/job_x/ticket'],
    ['GET', '/jobs'],
    ['GET', '/jobs/job_x'],
    ['GET', '/jobs/job_x/stream'],
    ['GET', '/jobs/job_x/stream?ticket=made-up'],
    ['DELETE', '/jobs/job_x'],
    ['GET', '/workers'],
    ['GET', '/metrics'],
    ['GET', '/metrics/'],
    ['GET', '/no-such-route'],
  ])('asks for one at %s %s, before it looks at the body', async (method, path) => {
    const response = await send(path, { method, ...(method === 'POST' && { body: '{"not json' }) })
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toBe('Bearer')
    expect(await response.json()).toMatchObject({ error: { code: 'unauthorized' } })
  })

  it.each(['/health', '/ready', '/openapi.json'])('serves %s to everyone', async (path) => {
    expect((await send(path)).status).toBe(200)
  })

  it('takes a key as a bearer token or as x-api-key, and no other form', async () => {
    const status = async (headers: Record<string, string>) => (await send('/jobs', { headers })).status
    expect(await status({ authorization: `Bearer ${keys.alice}` })).toBe(200)
    expect(await status({ authorization: `bearer ${keys.alice}` })).toBe(200)
    expect(await status({ 'x-api-key': keys.alice })).toBe(200)
    for (const wrong of [
      { authorization: keys.alice },
      { authorization: `Basic ${keys.alice}` },
      { authorization: `Bearer ${keys.alice} x` },
      { authorization: `Bearer ${keys.alice}x` },
      { authorization: `Bearer ${keys.alice.slice(0, -1)}` },
      { authorization: 'Bearer', 'x-api-key': keys.alice },
      { 'x-api-key': `alice:${keys.alice}` },
    ]) {
      expect(await status(wrong as unknown as Record<string, string>), JSON.stringify(wrong)).toBe(401)
    }
  })

  it('shows workers and metrics to the admin key only', async () => {
    for (const path of ['/workers', '/metrics']) {
      const refused = await send(path, { from: 'alice' })
      expect(refused.status).toBe(403)
      expect(await refused.json()).toMatchObject({ error: { code: 'forbidden' } })
      expect((await send(path, { from: 'admin' })).status).toBe(200)
    }
  })
})

describe('a job', () => {
  it('is seen, followed and stopped by the key that made it and by the admin key; for others it does not exist', async () => {
    const id = await submit('alice', { kind: 'generate', prompt: 'A story', max_tokens: 400, ignore_eos: true })
    const unknown = await (await send('/jobs/job_unknown', { from: 'bob' })).text()
    for (const [method, path] of [
      ['GET', `/jobs/${id}`],
      ['GET', `/jobs/${id}/stream`],
      ['DELETE', `/jobs/${id}`],
      ['POST', `/jobs/${id}/ticket`],
    ] as const) {
      const response = await send(path, { method, from: 'bob' })
      expect(response.status, path).toBe(404)
      expect((await response.text()).replace(id, 'job_unknown'), path).toBe(unknown)
    }
    const seen = (await (await send(`/jobs/${id}`, { from: 'alice' })).json()) as { state: string }
    expect(['queued', 'active']).toContain(seen.state)
    expect((await send(`/jobs/${id}`, { from: 'alice-newer-1' })).status).toBe(200)
    expect((await send(`/jobs/${id}`, { from: 'admin' })).status).toBe(200)
    const stopped = await send(`/jobs/${id}`, { method: 'DELETE', from: 'alice' })
    expect(await stopped.json()).toMatchObject({ state: 'cancelled' })
  })

  it('is listed for its owner and for the admin, whatever others start', async () => {
    const [alices, bobs] = [await submit('alice'), await submit('bob')]
    expect(await listed('alice')).toContain(alices)
    expect(await listed('alice')).not.toContain(bobs)
    expect(await listed('bob')).not.toContain(alices)
    expect(await listed('admin')).toEqual(expect.arrayContaining([alices, bobs]))
  })

  it('says which worker has it to the admin key only', async () => {
    const id = (await generate('alice')).headers.get('x-job-id')
    for (const path of ['/jobs', `/jobs/${id}`]) {
      expect(await (await send(path, { from: 'admin' })).text(), path).toMatch(/"pid":\d+/)
      expect(await (await send(path, { from: 'alice' })).text(), path).not.toMatch(/"worker"|"pid"|"host"/)
    }
  })

  it('is attached to by an Idempotency-Key of the same API key only', async () => {
    const once = { 'idempotency-key': 'order-1' }
    const [first, again, other] = [
      await generate('alice', once),
      await generate('alice', once),
      await generate('bob', once, { ...short, max_tokens: 4 }),
    ]
    const ids = [first, again, other].map((response) => response.headers.get('x-job-id'))
    expect(other.status).toBe(200)
    expect(ids[1]).toBe(ids[0])
    expect(ids[2]).not.toBe(ids[0])
  })
})

describe('a ticket', () => {
  const ticketFor = async (id: string, from: Name = 'alice') => {
    const response = await send(`/jobs/${id}/ticket`, { method: 'POST', from })
    expect(response.status).toBe(200)
    return (await response.json()) as { ticket: string; expires_in_s: number; stream_url: string }
  }

  it("opens its job's stream without a key, again and again, at any API process, and nothing else", async () => {
    const [id, other] = [await submit('alice'), await submit('alice')]
    const { ticket, expires_in_s, stream_url } = await ticketFor(id)
    expect(expires_in_s).toBe(60)
    const api = await service.startApi()
    const first = await readStream(await send(stream_url))
    const second = await readStream(await fetch(`http://127.0.0.1:${api.ports[0]}${stream_url}`))
    expect(first.end?.type).toBe('done')
    expect(second.text).toBe(first.text)
    expect((await send(`/jobs/${other}/stream?ticket=${ticket}`)).status).toBe(404)
    for (const [method, path] of [
      ['GET', `/jobs/${id}?ticket=${ticket}`],
      ['DELETE', `/jobs/${id}?ticket=${ticket}`],
      ['GET', `/jobs?ticket=${ticket}`],
      ['POST', `/jobs/${id}/ticket?ticket=${ticket}`],
    ] as const) {
      expect((await send(path, { method })).status, path).toBe(401)
    }
  })

  it('does not work as a key, and its text is nowhere in Redis', async () => {
    const { ticket } = await ticketFor(await submit('alice'))
    expect((await send('/jobs', { from: ticket })).status).toBe(401)
    const { Redis } = await import('ioredis')
    const redis = new Redis(service.redis.url)
    const names = await redis.keys('*:ticket:*')
    expect(names.length).toBeGreaterThan(0)
    expect(names.join()).not.toContain(ticket)
    const lifeMs = await redis.pttl(names[0]!)
    redis.disconnect()
    expect(lifeMs).toBeGreaterThan(0)
    expect(lifeMs).toBeLessThanOrEqual(60_000)
  })
})

describe('wrong keys', () => {
  it('are answered with 429 after some tries from an address, and never keep a right one out', async () => {
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, index) => send('/jobs', { from: `guess-${index}` })),
    )
    const statuses = answers.map(({ status }) => status)
    expect(new Set(statuses)).toEqual(new Set([401, 429]))
    const refused = answers[statuses.indexOf(429)]!
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    expect((await send('/jobs', { from: 'alice' })).status).toBe(200)
  })
})

describe('an admin key alone', () => {
  it('closes the service to everyone else', async () => {
    const closed = await startService({ env: { ADMIN_KEY: keys.admin } })
    try {
      expect((await fetch(`${closed.url}/jobs`)).status).toBe(401)
      expect((await fetch(`${closed.url}/jobs`, { headers: as('admin') })).status).toBe(200)
    } finally {
      await closed.stop()
    }
  })
})

describe('without an admin key', () => {
  it('every key sees workers and metrics', async () => {
    const open = await startService({ env: { API_KEYS: keys.alice } })
    try {
      expect((await fetch(`${open.url}/workers`, { headers: as('alice') })).status).toBe(200)
      expect((await fetch(`${open.url}/workers`)).status).toBe(401)
    } finally {
      await open.stop()
    }
  })
})

describe('the queue board', () => {
  const basic = (key: string) => ({ authorization: `Basic ${Buffer.from(`me:${key}`).toString('base64')}` })
  const open = (path: string, headers: Record<string, string>) =>
    fetch(`${service.url}/admin/queues${path}`, { headers })

  it('asks a browser for the admin key, and shows itself under a policy that lets nothing else in', async () => {
    const asked = await open('/', {})
    expect(asked.status).toBe(401)
    expect(asked.headers.get('www-authenticate')).toMatch(/^Basic /)
    expect((await open('/', basic(keys.alice))).status).toBe(403)
    const page = await open('/', basic(keys.admin))
    expect(page.status).toBe(200)
    const policy = page.headers.get('content-security-policy')
    expect(policy).toContain("script-src 'self';")
    expect(policy).not.toContain('https:')
    const html = await page.text()
    const scripts = [...html.matchAll(/<script[^>]*src="([^"]+)"/g)].map(([, src]) => src)
    expect(scripts.length).toBeGreaterThan(0)
    for (const src of scripts) expect((await open(`/${src}`, basic(keys.admin))).status, src).toBe(200)
  })

  it('shows jobs by id, without what they ask for, and changes nothing', async () => {
    const queues = await (await open('/api/queues', basic(keys.admin))).json()
    expect(queues).toMatchObject({ queues: [{ name: 'queue', readOnlyMode: true }] })
    const cleaned = await fetch(`${service.url}/admin/queues/api/queues/queue/pause`, {
      method: 'PUT',
      headers: basic(keys.admin),
    })
    expect(cleaned.status).toBeGreaterThanOrEqual(400)
  })

  it('takes a password on its own pages only', async () => {
    const { status } = await fetch(`${service.url}/jobs`, { headers: basic(keys.alice) })
    expect([401, 429]).toContain(status)
  })
})

describe('the room for logs', () => {
  it('is never all of one key: bodies of hers that do not come keep nobody else out', async () => {
    const unknownLength = { ...as('alice'), 'content-type': 'text/plain', 'transfer-encoding': 'chunked' }
    const request = `${head('POST /workflows/analyze-log', unknownLength)}1\r\nx\r\n`
    const slow = many(4, () => new RawClient(service.url).send(request))
    // Two have room, two are turned away.
    await Promise.any(slow.map((client) => client.answer()))
    const log = JSON.stringify({ log_content: 'error: no space left', max_tokens: 2 })
    expect((await send('/workflows/analyze-log', { method: 'POST', from: 'bob', body: log })).status).toBe(200)
    for (const { socket } of slow) socket.destroy()
  })
})
