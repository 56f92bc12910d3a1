// The same request with the same seed gives the same tokens, whatever happens around it: over the real model in int8,
// where a last digit that differs would grow. float32 is held to its reference in golden.slow.test.ts.

import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SequenceRequest } from '../../src/inference/engine.ts'
import { LocalEngine, type LocalEngineOptions } from '../../src/inference/local-engine.ts'
import { buildGraph } from '../../src/inference/model/open-model.ts'
import type { ModelRunner } from '../../src/inference/model-runner.ts'
import { createOnnxRunner } from '../../src/inference/runner/onnx-runner.ts'
import { resolveModel } from '../../src/tokenizer/model-files.ts'
import { PromptEncoder } from '../../src/tokenizer/prompt-encoder.ts'
import { embeddedTokenizer } from '../tokenizer/embedded-tokenizer.ts'
import { EngineClient, requestFor, sampled } from './engine-client.ts'

const dataDir = fileURLToPath(new URL('../../.data', import.meta.url))
const slots = 16
/** Enough that all run together when the last prompt has been read. */
const maxTokens = 22
const encoder = new PromptEncoder(embeddedTokenizer)

/** Greedy and sampled ones, of many lengths; some quote themselves, so that guesses are right. */
const requests: SequenceRequest[] = Array.from({ length: slots }, (_, i) => {
  const text =
    i % 2 === 0
      ? `${'error: disk full; retry the build. '.repeat(2 + (i >> 2))}error: disk`
      : `Story ${i} is about ${'a fox, '.repeat(i >> 1)}and it begins so:`
  const sampling = i % 4 < 2 ? requestFor('').sampling : sampled(i)
  return requestFor(text, { maxTokens, ignoreEos: true, sampling })
})

describe('the tokens of a request', { timeout: 120_000 }, () => {
  let runner: ModelRunner
  let alone: number[][] = []

  function open(options: Partial<LocalEngineOptions>): EngineClient {
    const info = {
      model: 'SmolLM2',
      precision: 'int8' as const,
      slots,
      threads: 2,
      maxContext: runner.shape.maxContext,
    }
    return new EngineClient(new LocalEngine({ runner, encoder, info, prefixReuse: false, ...options }))
  }
  let made = 0
  /** Every run under an id of its own. */
  const run = (client: EngineClient, request: SequenceRequest) =>
    client.generate({ ...request, id: `${request.id}-${made++}` })
  const oneByOne = async (client: EngineClient, asked = requests) => {
    const found: number[][] = []
    for (const request of asked) found.push((await run(client, request)).ids)
    return found
  }
  const together = async (client: EngineClient, asked = requests) =>
    (await Promise.all(asked.map((request) => run(client, request)))).map(({ ids }) => ids)

  beforeAll(async () => {
    const graph = await buildGraph(await resolveModel(null, dataDir), { precision: 'int8', dataDir })
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
    expect(client.engine.stats().acceptedTokens).toBeGreaterThan(10)
  })

  it('are the same after preemption', async () => {
    const growing = requests.slice(0, 6).map((request) => ({ ...request, maxTokens: 48 }))
    const undisturbed = await oneByOne(open({ drafting: false }), growing)
    const client = open({ drafting: false, kvTokens: 200 })
    expect(await together(client, growing)).toEqual(undisturbed)
    expect(client.engine.stats().preemptions).toBeGreaterThan(0)
  })

  it('are the same where beginnings are reused', async () => {
    const client = open({ drafting: false, prefixReuse: true })
    await together(client)
    expect(await together(client)).toEqual(alone)
    expect(client.engine.stats().cachedTokens).toBeGreaterThan(200)
  })
})
