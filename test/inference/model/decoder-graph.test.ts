import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildGraph, type Precision } from '../../../src/inference/model/open-model.ts'
import { createOnnxRunner } from '../../../src/inference/runner/onnx-runner.ts'
import { resolveModel } from '../../../src/tokenizer/model-files.ts'
import { naiveForward } from './naive-forward.ts'
import { writeGguf } from './tiny-gguf.ts'
import { type TinyModel, temporaryFolder, tinyModel, writeSafetensors } from './tiny-models.ts'

const IDS = [5, 300, 17, 17, 256, 0, 81, 44, 9, 123]

let folder: ReturnType<typeof temporaryFolder>
beforeAll(() => {
  folder = temporaryFolder()
})
afterAll(() => folder.remove())

/** Logits of every position of IDS, the prompt read in two parts. */
async function graphLogits(model: string, precision: Precision): Promise<Float32Array> {
  const files = await resolveModel(model, folder.path)
  const graph = await buildGraph(files, { precision, dataDir: folder.path })
  const runner = await createOnnxRunner(graph, { slots: 2, maxContext: 32, threads: 1 })
  try {
    const first = Float32Array.from(
      await runner.forward({ firstSlot: 1, rows: [{ tokens: IDS.slice(0, 6), past: 0, logits: 6 }] }),
    )
    const rest = await runner.forward({ firstSlot: 1, rows: [{ tokens: IDS.slice(6), past: 6, logits: 4 }] })
    return Float32Array.from([...first, ...rest])
  } finally {
    await runner.close()
  }
}

function differences(logits: Float32Array, model: TinyModel): number[] {
  const expected = naiveForward(model, IDS).flat()
  expect(logits.length).toBe(expected.length)
  return expected.map((value, i) => Math.abs(value - logits[i]!))
}

function largestDifference(logits: Float32Array, model: TinyModel): number {
  return Math.max(...differences(logits, model))
}

/** The root of the mean square: rounding adds up like noise, and the largest of 3,200 draws says little about it. */
function noise(logits: Float32Array, model: TinyModel): number {
  const all = differences(logits, model)
  return Math.sqrt(all.reduce((sum, difference) => sum + difference ** 2, 0) / all.length)
}

const MODELS: [name: string, model: TinyModel][] = [
  ['a Llama', tinyModel('LlamaForCausalLM')],
  ['a Llama with tied embeddings', tinyModel('LlamaForCausalLM', { tie_word_embeddings: true })],
  ['a Llama with biases', tinyModel('LlamaForCausalLM', { attention_bias: true })],
  ['a Mistral', tinyModel('MistralForCausalLM', { num_key_value_heads: 1 })],
  ['a Qwen2 with its biases', tinyModel('Qwen2ForCausalLM', { tie_word_embeddings: true })],
  ['a Qwen3 with its head norms', tinyModel('Qwen3ForCausalLM', { num_attention_heads: 6, head_dim: 32 })],
]

describe.each(MODELS)('the graph of %s', (name, model) => {
  const path = () => join(folder.path, name)

  it('computes what the formulas say', async () => {
    writeSafetensors(path(), model)
    expect(largestDifference(await graphLogits(path(), 'float32'), model)).toBeLessThan(1e-4)
  })

  it('comes close in int8, calibrated while it is built', async () => {
    const spread = Math.max(...naiveForward(model, IDS).flat().map(Math.abs))
    expect(noise(await graphLogits(path(), 'int8'), model)).toBeLessThan(spread * 0.015)
  })
})

describe('weights from other files', () => {
  it.each(['LlamaForCausalLM', 'Qwen2ForCausalLM', 'Qwen3ForCausalLM'])(
    '%s: a GGUF file gives the same',
    async (kind) => {
      const model = tinyModel(kind)
      const path = writeGguf(join(folder.path, `gguf-${kind}`), model)
      expect(largestDifference(await graphLogits(path, 'float32'), model)).toBeLessThan(1e-4)
    },
  )

  it('a quantized GGUF file gives nearly the same', async () => {
    const model = tinyModel('LlamaForCausalLM')
    const path = writeGguf(join(folder.path, 'gguf-q8'), model, { quantize: true })
    expect(largestDifference(await graphLogits(path, 'float32'), model)).toBeLessThan(0.2)
  })

  it('safetensors in three parts give the same', async () => {
    const model = tinyModel('LlamaForCausalLM')
    writeSafetensors(join(folder.path, 'sharded'), model, 3)
    expect(largestDifference(await graphLogits(join(folder.path, 'sharded'), 'float32'), model)).toBeLessThan(1e-4)
  })
})
