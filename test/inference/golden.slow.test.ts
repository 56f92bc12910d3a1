// The embedded model against the reference recorded in golden.json: Hugging Face transformers in float32 on the same
// weights.

import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildGraph, type Precision } from '../../src/inference/model/open-model.ts'
import type { ModelRunner } from '../../src/inference/model-runner.ts'
import { createOnnxRunner } from '../../src/inference/runner/onnx-runner.ts'
import { resolveModel } from '../../src/tokenizer/model-files.ts'

interface Generation {
  rendered: string
  prompt_ids: number[]
  greedy_ids: number[]
  ended: boolean
}
interface Reference {
  generation: Generation[]
  /** For every position the 32 most probable next tokens and their log-probabilities. */
  logprobs: { ids: number[]; top_ids: number[][]; top_logprobs: number[][] }[]
}

const reference: Reference = JSON.parse(readFileSync(new URL('../fixtures/golden.json', import.meta.url), 'utf8'))
/** Where `npm test` has built the graphs. */
const DATA_DIR = resolve('.data')
const EOS = 2
const SLOTS = 8

async function open(precision: Precision, weightBits?: 7 | 8): Promise<ModelRunner> {
  const files = await resolveModel(null, DATA_DIR)
  const graph = await buildGraph(files, { precision, dataDir: DATA_DIR, ...(weightBits && { weightBits }) })
  return createOnnxRunner(graph, { slots: SLOTS, maxContext: 256, threads: 2 })
}

function argmax(logits: Float32Array): number {
  let best = 0
  for (let id = 1; id < logits.length; id++) if (logits[id]! > logits[best]!) best = id
  return best
}

/** Greedy ids of several prompts at once, each in its slot, until each has as many as its reference. */
async function generate(runner: ModelRunner, generations: readonly Generation[]): Promise<number[][]> {
  const { vocabSize } = runner.shape
  const generated: number[][] = []
  for (const [slot, { prompt_ids }] of generations.entries()) {
    generated.push([
      argmax(await runner.forward({ firstSlot: slot, rows: [{ tokens: prompt_ids, past: 0, logits: 1 }] })),
    ])
  }
  const longest = Math.max(...generations.map(({ greedy_ids }) => greedy_ids.length))
  for (let step = 1; step <= longest; step++) {
    const rows = generations.map(({ prompt_ids }, slot) => ({
      tokens: [generated[slot]!.at(-1)!],
      past: prompt_ids.length + step - 1,
      logits: 1,
    }))
    const logits = await runner.forward({ firstSlot: 0, rows })
    for (const [slot, ids] of generated.entries()) {
      ids.push(argmax(logits.subarray(slot * vocabSize, (slot + 1) * vocabSize)))
    }
  }
  return generated.map((ids, slot) => ids.slice(0, expectedIds(generations[slot]!).length))
}

/** EOS is not among the recorded ids, but it must come next. */
function expectedIds({ greedy_ids, ended }: Generation): number[] {
  return ended ? [...greedy_ids, EOS] : greedy_ids
}

/**
 * Kullback-Leibler divergence from the reference, over 33 buckets per position: the 32 listed tokens and all others
 * together; the mean over all positions.
 */
async function divergence(runner: ModelRunner): Promise<number> {
  const { vocabSize } = runner.shape
  let sum = 0
  let count = 0
  for (const { ids, top_ids, top_logprobs } of reference.logprobs) {
    const rows = [{ tokens: ids, past: 0, logits: ids.length }]
    const logits = await runner.forward({ firstSlot: 0, rows })
    for (const [position, listed] of top_ids.entries()) {
      const own = logits.subarray(position * vocabSize, (position + 1) * vocabSize)
      sum += bucketDivergence(own, listed, top_logprobs[position]!)
      count++
    }
  }
  return sum / count
}

function bucketDivergence(logits: Float32Array, listed: number[], expected: number[]): number {
  const max = logits.reduce((a, b) => Math.max(a, b))
  const normalizer = max + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - max), 0))
  let divergence = 0
  let [restExpected, restActual] = [1, 1]
  for (const [i, id] of listed.entries()) {
    const probability = Math.exp(expected[i]!)
    const actual = logits[id]! - normalizer
    divergence += probability * (expected[i]! - actual)
    restExpected -= probability
    restActual -= Math.exp(actual)
  }
  // Recorded with four digits, so a rest may come out as nothing.
  if (restExpected > 1e-6) divergence += restExpected * Math.log(restExpected / Math.max(restActual, 1e-9))
  return divergence
}

describe('the embedded model in float32', () => {
  let runner: ModelRunner
  beforeAll(async () => {
    runner = await open('float32')
  })
  afterAll(() => runner.close())

  it.each(reference.generation)('continues "$rendered" as the reference does', async (generation) => {
    expect(await generate(runner, [generation])).toEqual([expectedIds(generation)])
  })

  it('continues all prompts together as it does each alone', async () => {
    expect(await generate(runner, reference.generation)).toEqual(reference.generation.map(expectedIds))
  })

  it('has the reference’s distribution at every position', async () => {
    expect(await divergence(runner)).toBeLessThan(1e-6)
  })
})

describe('the embedded model in int8', () => {
  it.each([
    [8, 0.016],
    [7, 0.03],
  ] as const)('stays close to the reference with weights of %i bits', async (weightBits, limit) => {
    const runner = await open('int8', weightBits)
    try {
      expect(await divergence(runner)).toBeLessThan(limit)
    } finally {
      await runner.close()
    }
  })
})
