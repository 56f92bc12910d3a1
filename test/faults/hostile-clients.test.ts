// Clients that do harm, by malice or by being slow. A stream that runs beside all of it must go on, and the API's memory must stay
// within what docs/RELIABILITY.md says.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { followStream, post } from '../api/sse-client.ts'
import { residentMiB } from '../support/processes.ts'
import { FaultyService } from './faulty-service.ts'
import { head, many, RawClient } from './raw-client.ts'

/** For two thousand idle streams and everything else of this file. */
const mostMiB = 200
const maxConnections = 2200

let service: FaultyService
let url: string
let before: number
/** What the clients follow. */
let job: string
let bystander: Bystander
const clients: RawClient[] = []

interface Bystander {
  id: string
  seqs: number[]
  ended: Promise<void>
}

const long = { prompt: 'A story', max_tokens: 1900, ignore_eos: true }

function open(halfOpen = false): RawClient {
  const client = new RawClient(url, halfOpen)
  clients.push(client)
  return client
}

async function accepted(answer: Promise<Response>): Promise<Response> {
  const response = await answer
  expect(response.ok, `answered ${response.status}`).toBe(true)
  return response
}

async function startBystander(): Promise<Bystander> {
  // Again where a kept connection has just been closed by the server.
  const response = await vi.waitFor(() => accepted(post(`${url}/generate/stream`, long)), 20_000)
  const seqs: number[] = []
  const ended = (async () => {
    for await (const { id } of followStream(response)) if (id !== null) seqs.push(id)
  })()
  return { id: String(response.headers.get('x-job-id')), seqs, ended }
}

async function untilOnlyBystander(): Promise<void> {
  await vi.waitFor(async () => {
    const metrics = await (await fetch(`${url}/metrics`)).text()
    expect(/^workflowai:readers (\d+)$/m.exec(metrics)?.[1]).toBe('1')
  }, 20_000)
}

const stop = (id: string) => fetch(`${url}/jobs/${id}`, { method: 'DELETE' })

beforeAll(async () => {
  service = await FaultyService.start({
    ...{ apis: 1, workers: 1, model: 'scripted:20' },
    env: { MODEL_PRECISION: 'float32', LOG_LEVEL: 'warn', MAX_CONNECTIONS: String(maxConnections) },
  })
  url = service.urls[0]!
  before = residentMiB(service.apis[0]!.pid)
})
afterAll(async () => {
  await service?.stop()
})

beforeEach(async () => {
  const answer = await vi.waitFor(() => accepted(post(`${url}/jobs`, { kind: 'generate', ...long })), 20_000)
  job = ((await answer.json()) as { id: string }).id
  bystander = await startBystander()
})

/** The stream beside the attack goes on and has every event, the API answers others, and its memory is bounded. */
afterEach(async () => {
  const { id, seqs, ended } = bystander
  const seen = seqs.length
  for (const { socket } of clients.splice(0)) socket.destroy()
  await vi.waitFor(() => expect(seqs.length).toBeGreaterThan(seen + 10), 20_000)
  for (const one of [id, job]) await vi.waitFor(async () => expect((await stop(one)).status).toBe(200), 20_000)
  await ended
  expect(seqs).toEqual(seqs.map((_, index) => index))
  expect(residentMiB(service.apis[0]!.pid) - before).toBeLessThan(mostMiB)
  expect(service.problems).toEqual([])
})

describe('an API survives', () => {
  it('readers that stop reading', async () => {
    const stuck = many(100, () => open().send(head(`GET /jobs/${job}/stream`)))
    await Promise.all(stuck.map((client) => client.answer()))
    for (const { socket } of stuck) socket.pause()
    const seen = bystander.seqs.length
    await vi.waitFor(() => expect(bystander.seqs.length).toBeGreaterThan(seen + 20), 20_000)
  })

  it('two thousand idle streams, and connections beyond the limit', async () => {
    for (let wave = 0; wave < 10; wave++) {
      const idle = many(200, () => open().send(head(`GET /jobs/${job}/stream`, { 'last-event-id': 100_000 })))
      const answers = await Promise.all(idle.map((client) => client.answer()))
      expect(answers.every((answer) => answer.startsWith('HTTP/1.1 200'))).toBe(true)
    }
    const beyond = many(300, () => open().send(head('GET /health')))
    const answers = await Promise.all(beyond.map((client) => client.answer()))
    const served = answers.filter((answer) => answer.startsWith('HTTP/1.1 200')).length
    expect(served).toBeGreaterThan(0)
    expect(served).toBeLessThanOrEqual(maxConnections - 2000)
    expect(clients.slice(0, 2000).filter(({ closed }) => closed)).toEqual([])
  })

  it('bodies that come a byte at a time, and headers that never end', async () => {
    const slow = many(100, () =>
      open().send(head('POST /generate', { 'content-type': 'application/json', 'content-length': 900 })),
    )
    const headers = many(50, () => open().send('GET /health HTTP/1.1\r\nhost: localhost\r\n'))
    const drip = setInterval(() => {
      for (const client of slow) client.send('{')
      for (const client of headers) client.send('x: y\r\n')
    }, 1000)
    await Promise.all(headers.map((client) => client.untilClosed()))
    clearInterval(drip)
    expect(headers.every(({ received }) => /^HTTP\/1.1 408/.test(received))).toBe(true)
  })

  it('floods of headers', async () => {
    const flood = 'x'.repeat(64 * 1024)
    const large = many(50, () => open().send(`GET /health HTTP/1.1\r\nhost: localhost\r\nx: ${flood}\r\n\r\n`))
    const numerous = many(20, () =>
      open().send(head('GET /health', Object.fromEntries(many(3000, (i) => [`x${i}`, i])))),
    )
    const endless = many(20, () => open().send(`GET /${flood}`))
    const answers = await Promise.all([...large, ...numerous, ...endless].map((client) => client.answer()))
    expect(answers.filter((answer) => !/^HTTP\/1.1 4(31|14)/.test(answer))).toEqual([])
  })

  it('streams whose clients have closed one side', async () => {
    const half = many(50, () => open(true).send(head(`GET /jobs/${job}/stream`)))
    await Promise.all(half.map((client) => client.answer()))
    for (const { socket } of half) socket.end()
    await Promise.all(half.map((client) => client.untilClosed()))
    await untilOnlyBystander()
  })

  it('requests in a row without waiting for answers', async () => {
    const few = open().send(many(8, () => head('GET /health')).join(''))
    await vi.waitFor(() => expect(few.received.match(/HTTP\/1.1 200/g)).toHaveLength(8), 20_000)
    const streams = many(20, () => open().send(many(500, () => head(`GET /jobs/${job}/stream`)).join('')))
    await Promise.all(streams.map((client) => client.untilClosed()))
    await untilOnlyBystander()
  })

  it('connections that break in the middle of a body or a stream', async () => {
    const request = head('POST /generate/stream', { 'content-type': 'application/json', 'content-length': 500 })
    const bodies = many(200, () => open().send(`${request}{"prompt": "A st`))
    const readers = many(200, () => open().send(head(`GET /jobs/${job}/stream`)))
    await Promise.all(readers.map((client) => client.answer()))
    for (const { socket } of [...bodies, ...readers]) socket.resetAndDestroy()
    await untilOnlyBystander()
  })
})
