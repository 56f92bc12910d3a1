// The same log, seed and model give the same analysis whichever way it is asked for.

import { readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { analyzeResultSchema } from '../../src/api/wire-schemas.ts'
import { analyzeCommand } from '../../src/cli/analyze-command.ts'
import { createLogAnalyzer } from '../../src/llm/log-analyzer.ts'
import { EngineSequences } from '../../src/worker/engine-sequences.ts'
import { ownEngineTransport } from '../../src/worker/own-engine-transport.ts'
import { type RunningService, scriptedEngine, startService } from '../api/running-service.ts'
import { embeddedTokenizer } from '../tokenizer/embedded-tokenizer.ts'

let service: RunningService
beforeAll(async () => {
  service = await startService({ maxContext: 1024 })
})
afterAll(() => service?.stop())

const url = () => `${service.url}/workflows/analyze-log`

it.each(['npm-install.log', 'java-service.log', 'clean-ci.log'])('%s', async (name) => {
  const file = fileURLToPath(new URL(`../fixtures/logs/${name}`, import.meta.url))
  const log = readFileSync(file)
  const asked = { seed: 11, max_tokens: 64 }
  const send = async (init: RequestInit & { headers: Record<string, string> }, query = '') => {
    const response = await fetch(url() + query, { method: 'POST', ...init })
    return analyzeResultSchema.parse(await response.json())
  }

  const json = await send({
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ log_content: log.toString('utf8'), ...asked }),
  })
  const upload = await send(
    { headers: { 'content-type': 'text/plain' }, body: new Uint8Array(log) },
    '?seed=11&max_tokens=64',
  )

  let printed = ''
  await analyzeCommand(['--url', service.url, '--seed', '11', '--max-tokens', '64', '--json', file], {
    stdin: Readable.from([]),
    stdout: { write: (text) => (printed += text) },
    stderr: { isTTY: false, write: () => true } as unknown as NodeJS.WriteStream,
    env: {},
  })

  const engine = scriptedEngine({ maxContext: 1024 })
  const analyzer = createLogAnalyzer({
    transport: ownEngineTransport(new EngineSequences(engine)),
    ...{ model: 'scripted', contextTokens: 1024, maxTokens: 64, seed: 11 },
    countTokens: (text) => embeddedTokenizer.encodePlain(text).length,
  })
  const alone = await analyzer.invoke(log)
  await engine.close()

  // How much of the prompt an engine still knew is its own affair.
  const same = (analysis: unknown) =>
    JSON.parse(JSON.stringify(analysis, (key, value) => (key === 'cached_tokens' ? 0 : value)))
  expect(same(upload.analysis)).toEqual(same(json.analysis))
  expect(upload.full_text).toBe(json.full_text)
  expect(same(JSON.parse(printed))).toEqual(same(json.analysis))
  expect(same(alone)).toEqual(same(json.analysis))
})
