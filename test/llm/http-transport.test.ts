import { afterEach, describe, expect, it } from 'vitest'
import type { GenerateChunk } from '../../src/llm/generate-transport.ts'
import { HttpTransport } from '../../src/llm/http-transport.ts'
import {
  type Answer,
  breaking,
  done,
  ending,
  queued,
  refusing,
  type ScriptedService,
  silent,
  startScriptedService,
  staying,
  token,
} from '../client/scripted-service.ts'
import { usageFor } from './scripted-transport.ts'

let service: ScriptedService | null = null
afterEach(async () => {
  await service?.close()
  service = null
})

async function serve(...answers: Answer[]) {
  service = await startScriptedService(...answers)
  return { ...service, transport: new HttpTransport({ url: service.url, resumeDelayMs: 1, maxResumes: 2 }) }
}

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

  it('resumes a broken stream, each token once', async () => {
    const { transport, asked } = await serve(
      breaking(queued + token(1, 'a')),
      breaking(token(1, 'a') + token(2, 'b')),
      ending(token(3, 'c') + done(4)),
    )
    expect(textOf(await read(transport))).toBe('abc|')
    expect(asked.at(-1)).toBe('GET /jobs/job%2F1/stream after 2')
  })

  it('gives up after a bounded number of resumptions without progress, and stops the job', async () => {
    const { transport, asked } = await serve(breaking(queued + token(1, 'a')), breaking(''), breaking(''))
    await expect(read(transport)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('of job job/1 after event 1'),
    })
    expect(asked.filter((each) => each.startsWith('GET'))).toHaveLength(2)
    await expect.poll(() => asked, { timeout: 20_000 }).toContain('DELETE /jobs/job%2F1')
  })

  it('does not resume what the service does not know any more', async () => {
    const { transport } = await serve(
      breaking(queued + token(1, 'a')),
      refusing(404, '{"error":{"code":"not_found","message":"no such job"}}'),
    )
    await expect(read(transport)).rejects.toMatchObject({ code: 'not_found', message: 'no such job' })
  })

  it('never takes it for success that nothing is left behind an event that was not the end', async () => {
    const { transport } = await serve(breaking(queued + token(1, 'a')), refusing(204, ''))
    await expect(read(transport)).rejects.toMatchObject({ code: 'unavailable' })
  })

  it('throws the error that an error event carries', async () => {
    const { transport, asked } = await serve(
      ending(`${queued}id: 1\nevent: error\ndata: {"error":"too late","code":"deadline_exceeded"}\n\n`),
    )
    await expect(read(transport)).rejects.toMatchObject({ code: 'deadline_exceeded', message: 'too late' })
    expect(asked).toEqual(['POST /generate/stream'])
  })

  it.each(['token', 'done'])('says that a %s event is none', async (event) => {
    const { transport } = await serve(ending(`${queued}id: 1\nevent: ${event}\ndata: {"token":7}\n\n`))
    await expect(read(transport)).rejects.toMatchObject({
      code: 'engine_failed',
      message: expect.stringContaining(`a ${event} event that can't be read`),
    })
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
    [413, '{"error":{"code":"of_a_later_version","message":"too large"}}', { code: 'body_too_large' }],
    [404, '', { code: 'not_found' }],
  ])('throws a refusal with the status %i at once', async (status, body, error) => {
    const { transport, asked } = await serve(refusing(status, body, { 'retry-after': '7' }))
    await expect(read(transport)).rejects.toMatchObject(error)
    expect(asked).toEqual(['POST /generate/stream'])
  })

  it('says at once that nothing answers, or could', async () => {
    const { url, close } = await startScriptedService()
    await close()
    for (const [wrong, why] of [[url], [url.replace('127.0.0.1', 'localhost')], ['no address', 'Invalid URL']]) {
      const transport = new HttpTransport({ url: wrong!, resumeDelayMs: 60_000 })
      await expect(read(transport)).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringMatching(`^no service answers at ${wrong}: .*${why ?? 'ECONNREFUSED'}`),
      })
    }
  })

  it('sends the request again under its key where the answer was lost, also to a service that restarts', async () => {
    const restarting = refusing(503, '<html>down</html>', { 'retry-after': '0' })
    const { transport, keys } = await serve(silent, restarting, ending(queued + token(1, 'a') + done(2)))
    expect(textOf(await read(transport))).toBe('a|')
    expect(keys).toEqual([expect.any(String), keys[0], keys[0]])
    await expect(read(transport)).rejects.toMatchObject({ code: 'unavailable' })
    expect(keys[3]).not.toBe(keys[0])
  })

  it('closes the connection and stops the job when the signal aborts', async () => {
    let closed = false
    const { transport, asked } = await serve(staying(queued + token(1, 'a'), () => (closed = true)))
    const stop = new AbortController()
    const reading = async () => {
      for await (const _ of transport.generate({ prompt: 'hi' }, { signal: stop.signal }))
        stop.abort(new Error('enough'))
    }
    await expect(reading()).rejects.toThrow('enough')
    await expect.poll(() => closed, { timeout: 20_000 }).toBe(true)
    await expect.poll(() => asked, { timeout: 20_000 }).toContain('DELETE /jobs/job%2F1')
  })

  it('closes the connection and stops the job when the reader leaves early', async () => {
    let closed = false
    const { transport, asked } = await serve(staying(queued + token(1, 'a'), () => (closed = true)))
    for await (const _ of transport.generate({ prompt: 'hi' }, {})) break
    await expect.poll(() => closed, { timeout: 20_000 }).toBe(true)
    await expect.poll(() => asked, { timeout: 20_000 }).toContain('DELETE /jobs/job%2F1')
  })

  it('leaves a job alone that is to continue without its reader', async () => {
    let closed = false
    const { transport, asked } = await serve(staying(queued + token(1, 'a'), () => (closed = true)))
    for await (const _ of transport.generate({ prompt: 'hi', on_disconnect: 'continue' }, {})) break
    await expect.poll(() => closed, { timeout: 20_000 }).toBe(true)
    expect(asked).toEqual(['POST /generate/stream'])
  })
})
