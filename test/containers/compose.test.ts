// docker-compose.yml as the README tells to use it, with two workers, and two APIs behind the proxy.

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { freePort } from '../../src/cli/free-port.ts'
import { runCommand } from '../../src/cli/run-command.ts'
import { docker, noDocker } from '../support/docker.ts'
import { streamGeneration, untilWorkers, workersOfStreams } from '../support/streams.ts'

const project = `workflowai-test-${process.pid}`
const env: NodeJS.ProcessEnv = { ...process.env, ENGINE_SLOTS: '4', ENGINE_MAX_CONTEXT: '512' }
let url: string

beforeEach(({ skip }) => {
  if (noDocker !== null) skip(noDocker)
})

const compose = (...args: string[]) => docker(['compose', '-p', project, ...args], { env })

beforeAll(async () => {
  if (noDocker !== null) return
  // Any free ports: the documented ones may be in use where the tests run.
  Object.assign(env, { PUBLISH_8002: '0', PUBLISH_8004: '0', PROXY_PORT: String(await freePort()) })
  url = `http://127.0.0.1:${env.PROXY_PORT}`
  await compose('--profile', 'proxy', 'up', '-d', '--build', '--scale', 'worker=2', '--scale', 'api=2')
  await untilWorkers(url, 2, 90_000)
})

afterAll(async () => {
  if (noDocker === null) await compose('--profile', 'proxy', 'down', '-v', '--timeout', '20')
})

test('the documented scenarios pass through the proxy', async () => {
  const { exitCode, output } = await runCommand(process.execPath, ['--import', 'tsx', 'src/cli/smoke.ts', url], {
    timeoutMs: 170_000,
  })
  expect(output.trimEnd().split('\n').at(-1)).toBe('Passed: 8 Failed: 0')
  expect(exitCode).toBe(0)
})

test('two workers share the streams', async () => {
  expect(new Set(await workersOfStreams(url, 6, 30)).size).toBe(2)
})

test('the proxy passes tokens on one by one', async () => {
  const { tokens } = await streamGeneration(url, 'Tell me a story.', 32)
  const times = tokens.map(({ atMs }) => atMs)
  expect(new Set(times.map((time) => Math.round(time))).size).toBeGreaterThan(8)
  expect(times.at(-1)! - times[0]!).toBeGreaterThan(50)
})

test('both APIs have ports of their own on the host', async () => {
  const { output } = await compose('ps', '-q', 'api')
  expect(output.trim().split('\n')).toHaveLength(2)
})
