// The whole service over more than one Redis.

import { afterEach, describe, expect, it } from 'vitest'
import { type RunningService, startService } from '../api/running-service.ts'
import { type ClientEvent, followStream, post, streamOf } from '../api/sse-client.ts'
import { redisProgram, startTestCluster, startTestSentinels, type TestTopology } from '../support/redis-topologies.ts'

let topology: TestTopology | undefined
let service: RunningService | undefined
afterEach(async () => {
  await service?.stop()
  await topology?.stop()
  service = undefined
  topology = undefined
})

const request = { prompt: 'A story', max_tokens: 200, ignore_eos: true, seed: 3, on_disconnect: 'continue' }
const tokens = (events: ClientEvent[]) => events.flatMap(({ type, data }) => (type === 'token' ? [data.token] : []))

async function follow(url: string, onEvent: (event: ClientEvent) => void = () => {}): Promise<ClientEvent[]> {
  const events: ClientEvent[] = []
  for await (const event of followStream(await post(url, request))) {
    events.push(event)
    onEvent(event)
  }
  const logged = events.filter(({ id }) => id !== null)
  expect(logged.map(({ id }) => id)).toEqual(logged.map((_, index) => index))
  return events
}

describe.skipIf(redisProgram === null)('a service behind Sentinels', () => {
  it('goes on with its streams at the replica when the primary dies', async () => {
    const sentinels = await startTestSentinels()
    topology = sentinels
    service = await startService({ redisUrl: sentinels.url, stepsPerSecond: 100 })
    const url = `${service.url}/generate/stream`
    const whole = await streamOf(url, request)
    let killed: Promise<void> | undefined
    const events = await follow(url, ({ id }) => {
      if (id === 50) killed = sentinels.killPrimary()
    })
    await killed
    expect(tokens(events)).toEqual(tokens(whole.events))
    expect(events.at(-1)).toMatchObject({ type: 'done', data: { tokens_generated: 200 } })
    // And it takes new ones.
    await expect
      .poll(async () => (await post(url, { ...request, max_tokens: 3 })).status, { timeout: 10_000 })
      .toBe(200)
  })
})

describe.skipIf(redisProgram === null)('a service over a Cluster', () => {
  it('goes on with its streams at the replica when the node with its keys dies', async () => {
    const cluster = await startTestCluster()
    topology = cluster
    service = await startService({ redisUrl: cluster.url, stepsPerSecond: 100 })
    const url = `${service.url}/generate/stream`
    const whole = await streamOf(url, request)
    let killed: Promise<void> | undefined
    const events = await follow(url, ({ id }) => {
      if (id === 50) killed = cluster.killOwner()
    })
    await killed
    expect(tokens(events)).toEqual(tokens(whole.events))
    expect(events.at(-1)).toMatchObject({ type: 'done', data: { tokens_generated: 200 } })
  })

  it('queues, streams, resumes, stops and hands over as over one server', async () => {
    topology = await startTestCluster()
    service = await startService({ redisUrl: topology.url, workers: 2, stepsPerSecond: 100, slots: 2 })
    const url = `${service.url}/generate/stream`
    const streams = await Promise.all([1, 2, 3].map(() => follow(url)))
    for (const events of streams) expect(tokens(events)).toEqual(tokens(streams[0]!))

    const id = String(streams[0]![0]?.data.id)
    const rest = await fetch(`${service.url}/jobs/${id}/stream`, { headers: { 'last-event-id': '190' } })
    const resumed: ClientEvent[] = []
    for await (const event of followStream(rest)) resumed.push(event)
    expect(resumed.map(({ id }) => id)).toEqual(Array.from({ length: resumed.length }, (_, index) => 191 + index))
    expect(resumed.at(-1)?.type).toBe('done')

    let latest = ''
    let stopped: Promise<Response> | undefined
    const cut = await follow(url, (event) => {
      if (event.id === 20) stopped = fetch(`${service!.url}/jobs/${latest}`, { method: 'DELETE' })
      else latest = event.type === 'queued' ? String(event.data.id) : latest
    })
    expect(await (await stopped)?.json()).toMatchObject({ state: 'cancelled' })
    expect(cut.at(-1)).toMatchObject({ type: 'done', data: { finish_reason: 'cancelled' } })

    const handedOver = follow(url, ({ id }) => {
      if (id === 30) void service!.workers[0]!.stop()
    })
    expect(tokens(await handedOver)).toEqual(tokens(streams[0]!))
    expect(await (await fetch(`${service.url}/workers`)).json()).toMatchObject({ workers: [{}] })
  })
})
