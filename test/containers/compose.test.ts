// docker-compose.yml as the README tells to use it, with two workers and two APIs.

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { freePort } from '../../src/cli/free-port.ts'
import { runCommand } from '../../src/cli/run-command.ts'
import { docker, noDocker } from '../support/docker.ts'
import { streamGeneration, untilWorkers, workersOfStreams } from '../support/streams.ts'

const project = `workflowai-test-${process.pid}`
const env: NodeJS.ProcessEnv = { ...process.env, ENGINE_SLOTS: '4', ENGINE_MAX_CONTEXT: '1024' }
let url: string

beforeEach(({ skip }) => {
  if (noDocker !== null) skip(noDocker)
})

const compose = (...args: string[]) => docker(['compose', '-p', project, ...args], { env })

beforeAll(async () => {
  if (noDocker !== null) return
  // Any free ports: the documented ones may be in use where the tests run.
  Object.assign(env, { PUBLISH_8002: String(await freePort()), PUBLISH_8004: String(await freePort()) })
  url = `http://127.0.0.1:${env.PUBLISH_8002}`
  await compose('up', '-d', '--build', '--scale', 'worker=2', '--scale', 'api=2')
  await untilWorkers(url, 2, 90_000)
})

afterAll(async () => {
  if (noDocker === null) await compose('down', '-v', '--timeout', '20')
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

test('a stream that began at one API goes on at the other', async () => {
  const answer = await streamGeneration(url, 'Count to ten.')
  // Two requests in a row reach both APIs in turn.
  for (let turn = 0; turn < 2; turn++) {
    const text = await (await fetch(`${url}/jobs/${answer.id}/stream`)).text()
    expect(text.match(/^event: token$/gm)).toHaveLength(answer.tokens.length)
  }
})
