import { fileURLToPath } from 'node:url'
import { it } from 'vitest'
import { openEngine } from '../../src/inference/open-engine.ts'
import { soak } from './soak.ts'

it('leaves nothing of 300 random requests to the real model behind', { timeout: 300_000 }, async () => {
  const dataDir = fileURLToPath(new URL('../../.data', import.meta.url))
  const engine = await openEngine({ model: '', precision: 'int8', slots: 8, threads: 2, maxContext: 256, dataDir })
  try {
    await soak(engine, { requests: 300, warmUp: 100, maxTokens: 12, slackMiB: 96 })
  } finally {
    await engine.close()
  }
})
