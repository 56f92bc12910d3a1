// A worker process as it starts: what it says of its settings.

import { afterEach, expect, test, vi } from 'vitest'
import { ServiceProcess } from '../faults/service-process.ts'
import { startTestRedis, type TestRedis } from '../support/redis.ts'

let redis: TestRedis
let worker: ServiceProcess
afterEach(async () => {
  await worker.stop()
  await redis.stop()
})

async function linesUntilReady(env: NodeJS.ProcessEnv): Promise<string[]> {
  const lines: string[] = []
  redis = await startTestRedis()
  worker = new ServiceProcess({
    ...{ name: 'worker', kind: 'worker', onLine: (line) => lines.push(line), onOwnEnd: () => {} },
    env: { ...process.env, REDIS_URL: redis.url, MODEL: 'scripted:', ENGINE_SLOTS: '1', ...env },
  })
  await vi.waitFor(() => expect(lines.join('\n')).toContain('"msg":"ready"'), 20_000)
  return lines
}

const warnings = (lines: string[]) => lines.filter((line) => line.includes('"level":40') || line.includes('"warn"'))

test('a context that the model does not have is told in one line with both numbers', async () => {
  const lines = await linesUntilReady({ ENGINE_MAX_CONTEXT: '1000000' })
  expect(warnings(lines)).toEqual([expect.stringMatching(/ENGINE_MAX_CONTEXT is 1000000, .* hold 8192 tokens/)])
})

test('a context that the model has is no warning', async () => {
  expect(warnings(await linesUntilReady({ ENGINE_MAX_CONTEXT: '8192' }))).toEqual([])
})
