// The image as it is shipped: Redis, one API and two workers in containers of their own, used over HTTP.

import { GenericContainer, Network, type StartedNetwork, type StartedTestContainer, Wait } from 'testcontainers'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { docker, noDocker } from '../support/docker.ts'
import { streamGeneration, untilWorkers, workersOfStreams } from '../support/streams.ts'

const image = 'workflowai'
let network: StartedNetwork
let redis: StartedTestContainer
let api: StartedTestContainer
let workers: StartedTestContainer[] = []
let url: string

beforeEach(({ skip }) => {
  if (noDocker !== null) skip(noDocker)
})

beforeAll(async () => {
  if (noDocker !== null) return
  await docker(['build', '-t', image, '.'])
  network = await new Network().start()
  redis = await new GenericContainer('redis:7-alpine')
    .withNetwork(network)
    .withNetworkAliases('redis')
    .withCommand(['redis-server', '--appendonly', 'yes', '--maxmemory-policy', 'noeviction'])
    .withWaitStrategy(Wait.forLogMessage(/Ready to accept connections/))
    .start()
  const app = (command: string): GenericContainer =>
    new GenericContainer(image)
      .withNetwork(network)
      .withEnvironment({ REDIS_URL: 'redis://redis:6379', ENGINE_SLOTS: '8', ENGINE_MAX_CONTEXT: '512' })
      .withCommand(['node', command])
  const starting = await Promise.all([
    app('dist/api/main.js').withExposedPorts(8002, 8004).withWaitStrategy(Wait.forHealthCheck()).start(),
    app('dist/worker/main.js').withWaitStrategy(Wait.forHealthCheck()).start(),
    app('dist/worker/main.js').withWaitStrategy(Wait.forHealthCheck()).start(),
  ])
  ;[api, ...workers] = starting as [StartedTestContainer, ...StartedTestContainer[]]
  url = `http://${api.getHost()}:${api.getMappedPort(8002)}`
  await untilWorkers(url, 2, 30_000)
})

afterAll(async () => {
  await Promise.all([api, ...workers].map((container) => container?.stop()))
  await redis?.stop()
  await network?.stop()
})

test('both ports serve, and the service is ready', async () => {
  for (const port of [8002, 8004]) {
    const response = await fetch(`http://${api.getHost()}:${api.getMappedPort(port)}/ready`)
    expect(response.status).toBe(200)
  }
})

test('eight streams are shared by both workers, token by token', async () => {
  const ids = await workersOfStreams(url, 8, 30)
  const perWorker = [...new Set(ids)].map((id) => ids.filter((other) => other === id).length)
  expect(perWorker).toHaveLength(2)
  expect(Math.min(...perWorker)).toBeGreaterThanOrEqual(2)
})

test('the same request gives the same text again, whichever worker runs it', async () => {
  const first = await streamGeneration(url, 'What is a queue?')
  expect(first.tokens.length).toBeGreaterThanOrEqual(24)
  expect((await streamGeneration(url, 'What is a queue?')).text).toBe(first.text)
})

test('nothing in the image runs as root, and it brings no build tools', async () => {
  for (const container of [api, ...workers]) expect((await container.exec(['id', '-u'])).output.trim()).toBe('1000')
  expect((await api.exec(['ls', 'node_modules'])).output).not.toMatch(/^(typescript|vitest|tsx)$/m)
})

test('a stopped worker ends at once and cleanly, and the other one serves on', async () => {
  const [worker] = workers
  const stoppedAt = Date.now()
  await docker(['stop', '--time', '20', worker!.getId()])
  expect(Date.now() - stoppedAt).toBeLessThan(15_000)
  const { output } = await docker(['inspect', '--format', '{{.State.ExitCode}}', worker!.getId()])
  expect(output.trim()).toBe('0')
  expect((await streamGeneration(url, 'Still there?')).tokens.length).toBeGreaterThan(0)
})
