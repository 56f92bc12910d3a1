import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { PassThrough } from 'node:stream'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type RunningService, startService } from './running-service.ts'
import { post } from './sse-client.ts'

const origin = 'https://app.example.com'
let service: RunningService
let closed: RunningService
const log = new PassThrough()
beforeAll(async () => {
  service = await startService({ env: { CORS_ORIGINS: origin, BODY_LIMIT: '100kb,200kb' } })
  closed = await startService({ env: { API_KEYS: 'alice:alice-secret-1' }, logger: pino(log) })
})
afterAll(() => Promise.all([service.stop(), closed.stop()]))

describe('pages of other origins', () => {
  const preflight = (url: string, from: string) =>
    fetch(`${url}/generate`, {
      method: 'OPTIONS',
      headers: {
        origin: from,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type,x-api-key,idempotency-key',
      },
    })

  it('may call the API where they are named, with keys, and read the headers that matter', async () => {
    const asked = await preflight(service.url, origin)
    expect(asked.status).toBe(204)
    expect(asked.headers.get('access-control-allow-origin')).toBe(origin)
    expect(asked.headers.get('access-control-allow-headers')).toContain('authorization')
    const headers = { origin, 'x-request-id': 'r1' }
    const answered = await post(`${service.url}/generate`, { prompt: 'Hello', max_tokens: 2 }, { headers })
    const exposed = answered.headers.get('access-control-expose-headers')?.toLowerCase()
    for (const name of ['x-job-id', 'retry-after', 'x-ratelimit-remaining-tokens']) expect(exposed).toContain(name)
    // Cookies and passwords of the browser are never meant.
    expect(answered.headers.get('access-control-allow-credentials')).toBeNull()
  })

  it('may not where they are not', async () => {
    const other = await preflight(service.url, 'https://evil.example.com')
    expect(other.headers.get('access-control-allow-origin')).not.toBe('https://evil.example.com')
    const none = await preflight(closed.url, origin)
    expect(none.headers.get('access-control-allow-origin')).toBeNull()
  })
})

describe('every answer', () => {
  it.each(['/', '/health', '/jobs', '/no-such-page', '/jobs/unknown'])(
    'of %s carries a strict policy',
    async (path) => {
      const { headers } = await fetch(service.url + path)
      const policy = headers.get('content-security-policy') ?? ''
      expect(policy).toMatch(/default-src '(self|none)'/)
      expect(policy).toContain("frame-ancestors 'none'")
      expect(policy).not.toMatch(/unsafe|https:|\*/)
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('referrer-policy')).toBe('no-referrer')
      expect(headers.get('x-powered-by')).toBeNull()
    },
  )
})

describe('what is too large or too slow', () => {
  it('is refused: headers beyond 16 KB', async () => {
    const status = await new Promise((resolve, reject) => {
      const sent = httpRequest(`${service.url}/health`, { headers: { 'x-large': 'x'.repeat(20_000) } }, (response) =>
        resolve(response.statusCode),
      )
      sent.on('error', reject).end()
    })
    expect(status).toBe(431)
  })

  it('is refused: a body beyond the limit, before it was sent whole', async () => {
    const { port } = new URL(service.url)
    const socket = connect(Number(port), '127.0.0.1')
    const answer = await new Promise<string>((resolve, reject) => {
      socket.on('error', reject).once('data', (bytes) => resolve(bytes.toString()))
      socket.write(
        'POST /generate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9999999\r\n\r\n{',
      )
    })
    socket.destroy()
    expect(answer).toMatch(/^HTTP\/1\.1 413 /)
  })

  it('costs nothing where the key is missing: the body is not read', async () => {
    const { port } = new URL(closed.url)
    const socket = connect(Number(port), '127.0.0.1')
    const answer = await new Promise<string>((resolve, reject) => {
      socket.on('error', reject).once('data', (bytes) => resolve(bytes.toString()))
      socket.write(
        'POST /generate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{',
      )
    })
    socket.destroy()
    expect(answer).toMatch(/^HTTP\/1\.1 401 /)
  })
})

describe('OPTIONS', () => {
  it('tells all methods of a path, of whichever router, to everyone', async () => {
    const allow = async (path: string) => {
      const response = await fetch(closed.url + path, { method: 'OPTIONS' })
      return [response.status, response.headers.get('allow')]
    }
    expect(await allow('/jobs')).toEqual([204, 'POST, GET, OPTIONS'])
    expect(await allow('/jobs/job_x')).toEqual([204, 'GET, DELETE, OPTIONS'])
    expect((await allow('/nothing'))[0]).toBe(401)
  })
})

describe('HEAD', () => {
  it('of a stream is answered and over', async () => {
    const response = await fetch(`${service.url}/activity`, { method: 'HEAD', signal: AbortSignal.timeout(5000) })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/event-stream')
  })
})

describe('the log of requests', () => {
  it('has the whole path of each, of those refused below /v1 too, and no query', async () => {
    const headers = { authorization: 'Bearer alice-secret-1', 'content-type': 'application/json' }
    let written = ''
    log.on('data', (chunk) => {
      written += chunk
    })
    await fetch(`${closed.url}/v1/completions?q=hidden`, { method: 'POST', headers, body: '{}' })
    await vi.waitFor(() => expect(written).toContain('"path":"/v1/completions"'), 20_000)
    expect(written).not.toContain('hidden')
  })
})
