import { describe, it } from 'vitest'
import { engineOver, RepeatingRunner } from './scripted-engine.ts'
import { soak } from './soak.ts'

const shape = { slots: 8, maxContext: 256, vocabSize: 512, eos: { id: 2, every: 30 } }

describe('a thousand random requests', () => {
  it.each([
    ['with guesses and reuse', {}],
    ['without guesses', { drafting: false }],
    ['with a cache that fills up', { kvTokens: 500 }],
  ])('leave nothing behind %s', async (_, options) => {
    const engine = engineOver(new RepeatingRunner(shape), { running: 6, ...options })
    await soak(engine, { requests: 1000, warmUp: 200, maxTokens: 40, slackMiB: 64 })
    await engine.close()
  })
})
