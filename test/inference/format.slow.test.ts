// Formats over the real model: what it would rather say must not matter.

import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LocalEngine } from '../../src/inference/local-engine.ts'
import { openEngine } from '../../src/inference/open-engine.ts'
import { EngineClient, requestFor, sampled } from './engine-client.ts'
import { satisfies } from './schemas.ts'

const dataDir = fileURLToPath(new URL('../../.data', import.meta.url))
const schema = {
  type: 'object',
  properties: {
    city: { type: 'string', maxLength: 30 },
    inhabitants: { type: 'integer', minimum: 0 },
    capital: { type: 'boolean' },
  },
  required: ['city', 'inhabitants', 'capital'],
}

let engine: LocalEngine
let client: EngineClient
beforeAll(async () => {
  engine = await openEngine({ model: '', precision: 'int8', slots: 8, threads: 2, maxContext: 256, dataDir })
  client = new EngineClient(engine)
})
afterAll(() => engine.close())

describe('the real model with a schema', () => {
  it('writes values of it at temperature 1, whatever the seed', async () => {
    const runs = Array.from({ length: 8 }, (_, seed) =>
      client.generate(
        requestFor('Describe Paris as a JSON object.\n', {
          ...{ maxTokens: 90, sampling: sampled(seed), logprobs: 0 },
          format: { type: 'json_schema', json_schema: { schema } },
        }),
      ),
    )
    const results = await Promise.all(runs)
    for (const { text, end } of results) {
      expect(end, text).toMatchObject({ kind: 'finished', reason: 'stop' })
      expect(satisfies(schema, JSON.parse(text)), text).toBe(true)
    }
    expect(new Set(results.map(({ text }) => text)).size).toBeGreaterThan(1)
  })
})
