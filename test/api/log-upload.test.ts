// Logs sent as they are. The same log must give the same analysis, however it came.

import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { analyzeResultSchema } from '../../src/api/wire-schemas.ts'
import { head, many, RawClient } from '../faults/raw-client.ts'
import { type RunningService, startService } from './running-service.ts'
import { post } from './sse-client.ts'

let service: RunningService
const megabyte = 1024 * 1024

beforeAll(async () => {
  service = await startService({ maxContext: 2048, env: { BODY_LIMIT: '2mb,8mb' } })
})
afterAll(() => service.stop())

const log = ['$ make', "src/größe.c:8:3: error: 'tok' undeclared", 'make: *** [all] Error 1', ''].join('\r\n')
const query = '?max_tokens=4&seed=3&log_type=build'
const url = (path = '') => `${service.url}/workflows/analyze-log${path}`

const send = (body: string | Uint8Array<ArrayBuffer> | FormData, headers: Record<string, string> = {}, path = query) =>
  fetch(url(path), { method: 'POST', body, headers })

async function analysisOf(response: Response) {
  expect(response.status).toBe(200)
  // How much of the prompt was computed before depends on what came before.
  const { usage: _, ...rest } = analyzeResultSchema.parse(await response.json()).analysis!
  return rest
}

async function refusalOf(response: Response) {
  const { error } = (await response.json()) as { error: { code: string; message: string; field?: string } }
  return { status: response.status, ...error }
}

function form(fields: Record<string, string>, ...files: Uint8Array<ArrayBuffer>[]): FormData {
  const body = new FormData()
  for (const [name, value] of Object.entries(fields)) body.set(name, value)
  for (const file of files) body.append('file', new Blob([file]), 'build.log')
  return body
}

const options = { max_tokens: '4', seed: '3', log_type: 'build' }
const bytes = Uint8Array.from(Buffer.from(log))
const text = { 'Content-Type': 'text/plain' }
const cutForm = `--x\r\nContent-Disposition: form-data; name="file"; filename="build.log"\r\n\r\n${log}`

describe('an uploaded log', () => {
  const uploads: [string, () => Promise<Response>][] = [
    ['text/plain', () => send(log, text)],
    ['bytes', () => send(bytes, { 'Content-Type': 'application/octet-stream' })],
    ['UTF-16', () => send(Uint8Array.from(Buffer.from(`\uFEFF${log}`, 'utf16le')), text)],
    ['a gzip file', () => send(Uint8Array.from(gzipSync(log)), { 'Content-Type': 'application/gzip' })],
    ['a gzip body', () => send(Uint8Array.from(gzipSync(log)), { ...text, 'Content-Encoding': 'gzip' })],
    ['a form with a file', () => send(form(options, bytes), {}, '')],
    ['a form with a gzip file', () => send(form(options, Uint8Array.from(gzipSync(log))), {}, '')],
    ['a form with a field', () => send(form({ ...options, log_content: log }), {}, '')],
  ]

  it.each(uploads)('as %s gives the analysis of the same log in JSON', async (_, upload) => {
    const body = { log_content: log, max_tokens: 4, seed: 3, log_type: 'build' }
    const expected = await analysisOf(await post(url(), body))
    expect(expected.root_cause?.evidence[0]).toMatchObject({ line_start: 2, quote: log.split('\r\n')[1] })
    expect(await analysisOf(await upload())).toEqual(expected)
  })

  it('streams its analysis too', async () => {
    const response = await send(log, text, `/stream${query}`)
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    expect(await response.text()).toContain('event: done')
  })

  it('has its e-mail and IP addresses redacted when asked', async () => {
    const response = await send(
      'error: mail to jane@acme.dev via 203.0.113.9 bounced\n',
      text,
      `${query}&redact=email,ip`,
    )
    const quote = (await analysisOf(response)).root_cause?.evidence[0]?.quote
    expect(quote).toBe('error: mail to [REDACTED:email:1] via [REDACTED:ip:1] bounced')
  })
})

describe('an upload that is wrong is refused with what is allowed:', () => {
  const wrong: [string, () => Promise<Response>, object][] = [
    ['empty', () => send('', text), { status: 422, field: 'log_content' }],
    [
      'of another type',
      () => send(log, { 'Content-Type': 'image/png' }),
      { status: 415, field: 'Content-Type', message: expect.stringContaining('text/plain') },
    ],
    [
      'in another encoding',
      () => send(log, { ...text, 'Content-Encoding': 'br' }),
      { status: 415, field: 'Content-Encoding' },
    ],
    ['too large', () => send('x'.repeat(9 * megabyte), text), { status: 413, code: 'body_too_large' }],
    [
      'a zip bomb',
      () => send(Uint8Array.from(gzipSync(Buffer.alloc(20 * megabyte))), { 'Content-Type': 'application/gzip' }),
      { status: 413, message: expect.stringContaining('unpacks') },
    ],
    [
      'a zip bomb as encoding',
      () => send(Uint8Array.from(gzipSync(Buffer.alloc(20 * megabyte))), { ...text, 'Content-Encoding': 'gzip' }),
      { status: 413 },
    ],
    [
      'damaged gzip',
      () => send(Uint8Array.from(gzipSync(log).subarray(0, 30)), { 'Content-Type': 'application/gzip' }),
      { status: 400, code: 'malformed' },
    ],
    ['no gzip', () => send(log, { ...text, 'Content-Encoding': 'gzip' }), { status: 400, code: 'malformed' }],
    [
      'no form',
      () => send(log, { 'Content-Type': 'multipart/form-data; boundary=x' }, ''),
      { status: 400, code: 'malformed' },
    ],
    [
      // Its file's stream fails too: unheard, that ends the process.
      'a form that ends inside its file',
      () => send(cutForm, { 'Content-Type': 'multipart/form-data; boundary=x' }, ''),
      { status: 400, code: 'malformed', message: expect.stringContaining('Unexpected end') },
    ],
    [
      'a form without a boundary',
      () => send(log, { 'Content-Type': 'multipart/form-data' }, ''),
      { status: 400, code: 'malformed' },
    ],
    [
      'a form of two files',
      () => send(form(options, bytes, bytes), {}, ''),
      { status: 422, message: expect.stringContaining('more than one file') },
    ],
    [
      'a form with an option behind the ?, where nobody reads it',
      () => send(form({ log_content: log }), {}, '?redact=email'),
      { status: 422, field: 'redact', message: expect.stringContaining('redact stands in the query') },
    ],
    [
      'JSON with an option behind the ?',
      () =>
        send(JSON.stringify({ log_content: log }), { 'Content-Type': 'application/json' }, '?redact=ip&max_tokens=1'),
      { status: 422, field: 'redact' },
    ],
    ['with an unknown option', () => send(log, text, '?max_tokns=4'), { status: 422, field: 'max_tokns' }],
    [
      'with an option of another kind',
      () => send(log, text, '?max_tokens=many'),
      { status: 422, field: 'max_tokens', message: expect.stringContaining('number') },
    ],
    [
      'with data that is not known',
      () => send(log, text, '?redact=email,name'),
      { status: 422, field: 'redact[1]', message: 'redact[1] is "name"; allowed: "email", "ip"' },
    ],
    [
      'from a page of another origin',
      () => send(log, { ...text, Origin: 'https://evil.example' }),
      { status: 415, field: 'Content-Type' },
    ],
  ]

  it.each(wrong)('%s', async (_, upload, expected) => {
    expect(await refusalOf(await upload())).toMatchObject(expected)
  })

  it('and the service goes on', async () => {
    expect((await send(log, text)).status).toBe(200)
  })
})

describe('a request line with a whole address', () => {
  it('has its options read, also where no URL can have that address', async () => {
    const target = `POST http://nowhere:99999/workflows/analyze-log?max_tokns=4`
    const client = new RawClient(service.url).send(head(target, { ...text, 'Content-Length': 1 })).send('x')
    expect(await client.answer()).toContain('max_tokns is not a field of this request')
    client.socket.destroy()
  })
})

describe('bodies that do not come', () => {
  it('lose their room to others', async () => {
    const unknownLength = head(`POST /workflows/analyze-log${query}`, { ...text, 'Transfer-Encoding': 'chunked' })
    const slow = many(4, () => new RawClient(service.url).send(`${unknownLength}1\r\nx\r\n`))
    await vi.waitFor(async () => expect((await send(log, text)).status).toBe(429), 20_000)
    await vi.waitFor(async () => expect((await send(log, text)).status).toBe(200), 20_000)
    await Promise.all(slow.map((client) => client.untilClosed()))
  })
})

describe('many large logs at once', () => {
  it('are analyzed or turned away with a time to try again, and none is left without an answer', async () => {
    const noise = `${'2024-05-02 INFO request 12 to /cart took 12 ms\n'.repeat(40_000)}error: the cart is gone\n`
    const responses = await Promise.all(Array.from({ length: 16 }, () => send(noise, text)))
    for (const response of responses) {
      expect([200, 429]).toContain(response.status)
      if (response.status === 429) expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
      await response.arrayBuffer()
    }
    expect(responses.some(({ status }) => status === 200)).toBe(true)
    expect((await send(log, text)).status).toBe(200)
  })
})
