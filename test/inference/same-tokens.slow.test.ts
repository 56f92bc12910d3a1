// The same request with the same seed gives the same tokens, whatever happens around it: over the real model, in both
// precisions.

import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SequenceRequest } from '../../src/inference/engine.ts'
import { LocalEngine, type LocalEngineOptions } from '../../src/inference/local-engine.ts'
import { buildGraph } from '../../src/inference/model/open-model.ts'
import type { ModelRunner } from '../../src/inference/model-runner.ts'
import { createOnnxRunner } from '../../src/inference/onnx-runner.ts'
import { resolveModel } from '../../src/tokenizer/model-files.ts'
import { PromptEncoder } from '../../src/tokenizer/prompt-encoder.ts'
import { embeddedTokenizer } from '../tokenizer/embedded-tokenizer.ts'
import { EngineClient, requestFor, sampled } from './engine-client.ts'

const dataDir = fileURLToPath(new URL('../../.data', import.meta.url))
const slots = 16
const maxTokens = 16
const encoder = new PromptEncoder(embeddedTokenizer)

/** Greedy and sampled ones, of many lengths; some quote themselves, so that guesses are right. */
const requests: SequenceRequest[] = Array.from({ length: slots }, (_, i) => {
  const text =
    i % 2 === 0
      ? `${'error: disk full; retry the build. '.repeat(2 + i)}error: disk`
      : `Story ${i} is about ${'a fox, '.repeat(i)}and it begins so:`
  const sampling = i % 4 < 2 ? requestFor('').sampling : sampled(i)
  return requestFor(text, { maxTokens, ignoreEos: true, sampling })
})

describe.each(['float32', 'int8'] as const)('the tokens of a request in %s', { timeout: 120_000 }, (precision) => {
  let runner: ModelRunner
  let alone: number[][] = []

  function open(options: Partial<LocalEngineOptions>): EngineClient {
    const info = { model: 'SmolLM2', precision, slots, threads: 2, maxContext: runner.shape.maxContext }
    return new EngineClient(new LocalEngine({ runner, encoder, info, prefixReuse: false, ...options }))
  }
  const oneByOne = async (client: EngineClient) => {
    const found: number[][] = []
    for (const request of requests) found.push((await client.generate(request)).ids)
    return found
  }
  const together = async (client: EngineClient) =>
    (await Promise.all(requests.map((request) => client.generate(request)))).map(({ ids }) => ids)

  beforeAll(async () => {
    const graph = await buildGraph(await resolveModel(null, dataDir), { precision, dataDir })
    runner = await createOnnxRunner(graph, { slots, maxContext: 256, threads: 2 })
    alone = await oneByOne(open({ drafting: false }))
    expect(alone.every((ids) => ids.length === maxTokens)).toBe(true)
  }, 600_000)
  afterAll(() => runner?.close())

  it('are the same in a batch of 16', async () => {
    const client = open({ drafting: false })
    expect(await together(client)).toEqual(alone)
    expect(client.steps.some((outputs) => outputs.length === slots)).toBe(true)
  })

  it('are the same with drafting', async () => {
    const client = open({ drafting: true })
    expect(await oneByOne(client)).toEqual(alone)
    expect(client.engine.stats().acceptedTokens).toBeGreaterThan(20)
  })

  it('are the same after preemption', async () => {
    const client = open({ drafting: false, kvTokens: 500 })
    expect(await together(client)).toEqual(alone)
    expect(client.engine.stats().preemptions).toBeGreaterThan(3)
  })

  it('are the same where beginnings are reused', async () => {
    const client = open({ drafting: false, prefixReuse: true })
    await together(client)
    expect(await together(client)).toEqual(alone)
    expect(client.engine.stats().cachedTokens).toBeGreaterThan(500)
  })
})
