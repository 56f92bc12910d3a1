import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { afterEach, expect, it, vi } from 'vitest'
import { freePort } from '../../src/cli/free-port.ts'
import { processesWith, signal } from '../support/processes.ts'
import { startTestRedis, type TestRedis } from '../support/redis.ts'

let redis: TestRedis
const marker = `WORKFLOWAI_TEST=${randomUUID()}`
afterEach(async () => {
  for (const { pid } of processesWith(marker)) signal(pid, 'SIGKILL')
  await redis?.stop()
})

it('an API and a worker whose parent was killed end by themselves, and so does the engine', async () => {
  redis = await startTestRedis()
  const [, value] = marker.split('=')
  const port = String(await freePort())
  const fork = `
    const { fork } = require('node:child_process')
    for (const name of ['api', 'worker']) fork(\`src/\${name}/main.ts\`, { execArgv: ['--import', 'tsx'], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })`
  const parent = spawn(process.execPath, ['-e', fork], {
    env: { ...process.env, WORKFLOWAI_TEST: value, REDIS_URL: redis.url, PORT: port, MODEL: '' },
    stdio: 'ignore',
  })
  await vi.waitFor(async () => expect((await fetch(`http://127.0.0.1:${port}/ready`)).status).toBe(200), 60_000)
  expect(processesWith(marker).length).toBeGreaterThanOrEqual(4)
  parent.kill('SIGKILL')
  await vi.waitFor(() => expect(processesWith(marker)).toEqual([]), { timeout: 20_000, interval: 200 })
})
