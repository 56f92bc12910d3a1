import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { GenerateChunk } from '../../src/llm/generate-transport.ts'
import { HttpTransport } from '../../src/llm/http-transport.ts'
import { usageFor } from './scripted-transport.ts'

type Route = (request: IncomingMessage, response: ServerResponse, body: string) => void
const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

/** A service whose answers come in turn; what it was asked is kept. */
async function serve(...routes: Route[]) {
  const asked: string[] = []
  const bodies: string[] = []
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const lastId = request.headers['last-event-id']
    asked.push(`${request.method} ${request.url}${lastId === undefined ? '' : ` after ${lastId}`}`)
    bodies.push(Buffer.concat(parts).toString())
    if (request.method === 'DELETE') response.end('{}')
    else (routes.shift() ?? ((_, late) => late.writeHead(500).end()))(request, response, bodies.at(-1)!)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  )
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { asked, bodies, transport: new HttpTransport({ url, resumeDelayMs: 1, maxResumes: 2 }) }
}

const head = { 'content-type': 'text/event-stream', 'x-job-id': 'job/1' }
const queued = 'retry: 3000\n\nid: 0\nevent: queued\ndata: {"id":"job/1","position":0,"eta_ms":null}\n\n'
const token = (id: number, text: string) => `id: ${id}\nevent: token\ndata: ${JSON.stringify({ token: text })}\n\n`
const done = (id: number) =>
  `id: ${id}\nevent: done\ndata: ${JSON.stringify({ finish_reason: 'stop', usage: usageFor(2) })}\n\n`

/** Writes text and then breaks the connection. */
const breaking =
  (text: string): Route =>
  (_, response) => {
    response.writeHead(200, head)
    response.write(text, () => setTimeout(() => response.destroy(), 5))
  }
const ending =
  (text: string): Route =>
  (_, response) =>
    response.writeHead(200, head).end(text)

async function read(transport: HttpTransport, signal?: AbortSignal): Promise<GenerateChunk[]> {
  const chunks: GenerateChunk[] = []
  for await (const chunk of transport.generate({ prompt: 'hi', max_tokens: 8 }, { signal })) chunks.push(chunk)
  return chunks
}
const textOf = (chunks: GenerateChunk[]) => chunks.map((chunk) => (chunk.type === 'token' ? chunk.text : '|')).join('')

describe('HttpTransport', () => {
  it('posts the request and yields the tokens and the end', async () => {
    const { transport, asked, bodies } = await serve(
      ending(`${queued}${token(1, 'Hel')}: keep-alive\n\n${token(2, 'lo')}${done(3)}`),
    )
    expect(await read(transport)).toEqual([
      { type: 'token', text: 'Hel', tokenId: null },
      { type: 'token', text: 'lo', tokenId: null },
      { type: 'end', reason: 'stop', usage: usageFor(2) },
    ])
    expect(asked).toEqual(['POST /generate/stream'])
    expect(JSON.parse(bodies[0]!)).toEqual({ prompt: 'hi', max_tokens: 8 })
  })

  it('keeps characters whole that arrive in pieces', async () => {
    const bytes = Buffer.from(token(1, '日本🙂') + done(2))
    const { transport } = await serve(async (_, response) => {
      response.writeHead(200, head)
      for (const byte of bytes) {
        response.write(Buffer.of(byte))
        await new Promise((resolve) => setImmediate(resolve))
      }
      response.end()
    })
    expect(textOf(await read(transport))).toBe('日本🙂|')
  })

  it('passes log-probabilities on', async () => {
    const data = { token: 'a', id: 5, logprob: -0.1, top: [{ token: 'b', id: 6, logprob: -2 }] }
    const { transport } = await serve(ending(`id: 1\nevent: token\ndata: ${JSON.stringify(data)}\n\n${done(2)}`))
    expect((await read(transport))[0]).toEqual({
      type: 'token',
      text: 'a',
      tokenId: 5,
      logprob: { token: 'a', id: 5, logprob: -0.1, top: [{ token: 'b', id: 6, logprob: -2 }] },
    })
  })

  it('resumes a broken stream after the last event it saw, each token once', async () => {
    const { transport, asked } = await serve(
      breaking(queued + token(1, 'a')),
      breaking(token(1, 'a') + token(2, 'b')),
      ending(token(3, 'c') + done(4)),
    )
    expect(textOf(await read(transport))).toBe('abc|')
    expect(asked).toEqual([
      'POST /generate/stream',
      'GET /jobs/job%2F1/stream after 1',
      'GET /jobs/job%2F1/stream after 2',
    ])
  })

  it('resumes a stream that ended without done or error', async () => {
    const { transport } = await serve(ending(queued + token(1, 'a')), ending(token(2, 'b') + done(3)))
    expect(textOf(await read(transport))).toBe('ab|')
  })

  it('rides out a service that is restarting', async () => {
    const { transport } = await serve(
      breaking(queued + token(1, 'a')),
      (_, response) => response.writeHead(503, { 'retry-after': '1' }).end('<html>'),
      ending(token(2, 'b') + done(3)),
    )
    expect(textOf(await read(transport))).toBe('ab|')
  })

  it('gives up after a bounded number of resumptions without progress', async () => {
    const { transport, asked } = await serve(breaking(queued + token(1, 'a')), breaking(''), breaking(''))
    await expect(read(transport)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('after event 1'),
    })
    expect(asked.filter((each) => each.startsWith('GET'))).toHaveLength(2)
  })

  it('does not resume what the service does not know any more', async () => {
    const { transport } = await serve(breaking(queued + token(1, 'a')), (_, response) =>
      response.writeHead(404).end('{"error":{"code":"not_found","message":"no such job"}}'),
    )
    await expect(read(transport)).rejects.toMatchObject({ code: 'not_found', message: 'no such job' })
  })

  it('throws the error that an error event carries', async () => {
    const { transport, asked } = await serve(
      ending(`${queued}id: 1\nevent: error\ndata: {"error":"too late","code":"deadline_exceeded"}\n\n`),
    )
    await expect(read(transport)).rejects.toMatchObject({ code: 'deadline_exceeded', message: 'too late' })
    expect(asked).toEqual(['POST /generate/stream'])
  })

  it.each([
    [
      429,
      '{"error":{"code":"queue_full","message":"256 jobs are waiting"}}',
      { code: 'queue_full', message: '256 jobs are waiting', retryAfterSeconds: 7 },
    ],
    [
      422,
      '{"error":{"code":"invalid_request","message":"too many","field":"max_tokens"}}',
      { code: 'invalid_request', field: 'max_tokens' },
    ],
    [503, '<html>down</html>', { code: 'unavailable', retryAfterSeconds: 7 }],
    [404, '', { code: 'not_found' }],
  ])('maps the status %i to its error', async (status, body, error) => {
    const { transport } = await serve((_, response) => response.writeHead(status, { 'retry-after': '7' }).end(body))
    await expect(read(transport)).rejects.toMatchObject(error)
  })

  it('says that the service cannot be reached', async () => {
    const transport = new HttpTransport({ url: 'http://127.0.0.1:9/' })
    await expect(read(transport)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('http://127.0.0.1:9'),
    })
  })

  it('closes the connection and stops the job when the signal aborts', async () => {
    let closed = false
    const { transport, asked } = await serve((_, response) => {
      response.writeHead(200, head)
      response.write(queued + token(1, 'a'))
      response.on('close', () => {
        closed = true
      })
    })
    const stop = new AbortController()
    setTimeout(() => stop.abort(new Error('enough')), 30)
    await expect(read(transport, stop.signal)).rejects.toThrow('enough')
    await expect.poll(() => closed).toBe(true)
    await expect.poll(() => asked).toContain('DELETE /jobs/job%2F1')
  })

  it('closes the connection when the reader leaves early', async () => {
    let closed = false
    const { transport } = await serve((_, response) => {
      response.writeHead(200, head)
      response.write(queued + token(1, 'a'))
      response.on('close', () => {
        closed = true
      })
    })
    for await (const _ of transport.generate({ prompt: 'hi' }, {})) break
    await expect.poll(() => closed).toBe(true)
  })
})
