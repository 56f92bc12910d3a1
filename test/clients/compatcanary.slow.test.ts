import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type RunningService, startService } from '../api/running-service.ts'

const run = promisify(execFile)
const scanner = createRequire(import.meta.url).resolve('compatcanary/src/cli.js')

let service: RunningService
beforeAll(async () => {
  service = await startService({ slots: 4, maxContext: 2048 })
})
afterAll(() => service.stop())

it("compatcanary's chat profile finds nothing to complain of", async () => {
  const options = [
    'scan',
    '--base-url',
    `${service.url}/v1`,
    '--model',
    'scripted',
    '--profile',
    'chat',
    '--fail-on',
    'any',
  ]
  const { stdout } = await run(process.execPath, [scanner, ...options, '--api-key', 'none'])
  expect(stdout).toContain('Summary: 5 passed, 0 warned, 0 failed')
})
