import { afterEach, describe, expect, it } from 'vitest'
import { createClient } from '../../src/client/client.ts'
import { Connection, posted } from '../../src/client/connection.ts'
import { JobStream } from '../../src/client/job-stream.ts'
import type { GenerateEvent } from '../../src/client/types.ts'
import {
  type Answer,
  breaking,
  done,
  ending,
  head,
  queued,
  refusing,
  type ScriptedService,
  silent,
  startScriptedService,
  token,
} from './scripted-service.ts'

let service: ScriptedService | null = null
afterEach(async () => {
  await service?.close()
  service = null
})

async function serve(...answers: Answer[]) {
  service = await startScriptedService(...answers)
  const client = createClient(service.url, { firstRetryMs: 1, maxRetries: 2 })
  return { service, stream: client.generateStream({ prompt: 'hi' }) }
}

async function textOf(stream: JobStream<GenerateEvent>): Promise<string> {
  let text = ''
  for await (const event of stream) {
    if (event.type === 'token') text += event.token
    if (event.type === 'done') text += '|'
  }
  return text
}

const noSuchJob = '{"error":{"code":"not_found","message":"no such job"}}'

describe('a job stream', () => {
  it('keeps characters whole that arrive in pieces', async () => {
    const { stream } = await serve(async (_, response) => {
      response.writeHead(200, head)
      for (const byte of Buffer.from(token(1, '日本🙂') + done(2))) {
        response.write(Buffer.of(byte))
        await new Promise((resolve) => setImmediate(resolve))
      }
      response.end()
    })
    expect(await textOf(stream)).toBe('日本🙂|')
  })

  it('goes on behind the last event where it breaks, and takes none twice', async () => {
    const { stream, service } = await serve(
      breaking(queued + token(1, 'a')),
      breaking(token(1, 'a') + token(2, 'b')),
      ending(token(3, 'c') + done(4)),
    )
    expect(await textOf(stream)).toBe('abc|')
    expect(service.asked).toEqual([
      'POST /generate/stream',
      'GET /jobs/job%2F1/stream after 1',
      'GET /jobs/job%2F1/stream after 2',
    ])
  })

  it('goes on where it ends before the job does', async () => {
    const { stream } = await serve(ending(queued + token(1, 'a')), ending(token(2, 'b') + done(3)))
    expect(await textOf(stream)).toBe('ab|')
  })

  it.each([502, 503, 504])('rides out the status %i of a service that is restarting', async (status) => {
    const { stream } = await serve(
      breaking(queued + token(1, 'a')),
      refusing(status, '<html>', { 'retry-after': '0' }),
      ending(token(2, 'b') + done(3)),
    )
    expect(await textOf(stream)).toBe('ab|')
  })

  it('gives up after so many tries in a row that bring nothing', async () => {
    const { stream, service } = await serve(
      ...[breaking(queued + token(1, 'a')), breaking(''), breaking(token(2, 'b')), breaking(''), breaking('')],
    )
    await expect(textOf(stream)).rejects.toThrow(TypeError)
    expect(service.asked.filter((each) => each.startsWith('GET'))).toHaveLength(4)
    expect(stream.seq).toBe(2)
  })

  it('does not go on with what the service does not know any more', async () => {
    const { stream, service } = await serve(breaking(queued + token(1, 'a')), refusing(404, noSuchJob))
    await expect(textOf(stream)).rejects.toMatchObject({ code: 'not_found', status: 404 })
    expect(service.asked).toHaveLength(2)
  })

  it('begins again under the same key where the answer was lost, unless it was told not to', async () => {
    const { stream, service } = await serve(silent, ending(queued + done(1)))
    expect(await textOf(stream)).toBe('|')
    expect(service.keys).toEqual([expect.stringMatching(/^[\d-]+$/), service.keys[0]])

    const connection = new Connection(service.url, { firstRetryMs: 1 })
    const begin = { path: '/generate/stream', init: posted('{}'), tryAgain: () => false }
    const once = new JobStream<GenerateEvent>({ connection, signal: undefined, begin, id: null, after: -1 })
    await expect(textOf(once)).rejects.toMatchObject({ status: 500 })
    expect(service.keys[2]).not.toBe(service.keys[0])
    expect(service.asked).toHaveLength(3)
  })

  it('says what came instead of events, and does not ask for it again', async () => {
    const page = await serve((_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'))
    await expect(textOf(page.stream)).rejects.toThrow(`${page.service.url} answers with text/html`)
    expect(page.service.asked).toHaveLength(1)
    await page.service.close()
    for (const data of ['{"tok', 'null', '7']) {
      const damaged = await serve(ending(`${queued}id: 1\nevent: token\ndata: ${data}\n\n`))
      await expect(textOf(damaged.stream)).rejects.toThrow(`a token event that can't be read: ${data}`)
      expect(damaged.service.asked).toHaveLength(1)
      await damaged.service.close()
    }
  })

  it('takes a date for when to come back', async () => {
    const date = new Date(Date.now() + 60_000).toUTCString()
    const { stream } = await serve(refusing(400, '', { 'retry-after': date }))
    const thrown = await textOf(stream).catch((error: unknown) => error)
    expect((thrown as { retryAfterMs: number }).retryAfterMs).toBeGreaterThan(30_000)
  })
})
