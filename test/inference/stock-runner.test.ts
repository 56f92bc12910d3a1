import { readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openEngine } from '../../src/inference/open-engine.ts'
import { naiveForward } from './model/naive-forward.ts'
import { temporaryFolder, tinyModel } from './model/tiny-models.ts'
import {
  openStockRunner,
  type StockShape,
  writeGpt2Export,
  writeGraph,
  writeLlamaExport,
} from './stock/tiny-exports.ts'
import { naiveGpt2, tinyGpt2 } from './stock/tiny-gpt2.ts'

const IDS = [5, 299, 17, 17, 256, 0, 81, 44, 9, 123]
const SIZE = { slots: 2, maxContext: 32, threads: 1 }

let folder: ReturnType<typeof temporaryFolder>
let model: string
beforeEach(() => {
  folder = temporaryFolder()
  model = join(folder.path, 'tiny')
})
afterEach(() => folder.remove())

/** Logits of every position of IDS, read in two parts, with another sequence of another length beside the second. */
async function logits(): Promise<number[]> {
  const runner = await openStockRunner(model, SIZE)
  try {
    await runner.forward({ firstSlot: 0, rows: [{ tokens: [1, 2], past: 0, logits: 0 }] })
    const first = [...(await runner.forward({ firstSlot: 1, rows: [{ tokens: IDS.slice(0, 6), past: 0, logits: 6 }] }))]
    const rows = [
      { tokens: [1, 2, 3, 4], past: 2, logits: 0 },
      { tokens: IDS.slice(6), past: 6, logits: 4 },
    ]
    return [...first, ...(await runner.forward({ firstSlot: 0, rows }))]
  } finally {
    await runner.close()
  }
}

function largestDifference(found: number[], expected: number[]): number {
  expect(found.length).toBe(expected.length)
  return Math.max(...expected.map((value, i) => Math.abs(value - found[i]!)))
}

describe('a decoder export', () => {
  it.each([
    ['a Llama with grouped queries', tinyModel('LlamaForCausalLM')],
    ['a Qwen2 with biases and tied embeddings', tinyModel('Qwen2ForCausalLM', { tie_word_embeddings: true })],
    ['a Qwen3 with head norms', tinyModel('Qwen3ForCausalLM', { num_attention_heads: 6, head_dim: 32 })],
  ])('of %s computes what the formulas say', async (_, tiny) => {
    await writeLlamaExport(model, tiny)
    expect(largestDifference(await logits(), naiveForward(tiny, IDS).flat())).toBeLessThan(1e-4)
  })

  it.each(['given', 'counted', 'ignored'] as const)('of a gpt2 with positions %s does so too', async (positions) => {
    const tiny = tinyGpt2()
    writeGpt2Export(model, tiny, positions)
    expect(largestDifference(await logits(), naiveGpt2(tiny, IDS).flat())).toBeLessThan(1e-3)
  })

  it('opens as an engine: by its folder or by its file, within its own context, at its own precision', async () => {
    writeGpt2Export(model, tinyGpt2({ n_positions: 40 }))
    const settings = { precision: 'int8' as const, slots: 2, threads: 1, maxContext: 2048, dataDir: folder.path }
    for (const named of [model, join(model, 'onnx', 'model.onnx')]) {
      const engine = await openEngine({ ...settings, model: named })
      expect(engine.info).toMatchObject({ model: 'tiny', precision: 'exported', maxContext: 40 })
      await engine.close()
    }
  })

  it('is told from others by name where a folder has several', async () => {
    writeGpt2Export(model, tinyGpt2())
    const graph = readFileSync(join(model, 'onnx', 'model.onnx'))
    for (const name of ['model_q4.onnx', 'model_fp16.onnx']) writeFileSync(join(model, 'onnx', name), graph)
    await expect(openStockRunner(model, SIZE)).resolves.toBeDefined()
    rmSync(join(model, 'onnx', 'model.onnx'))
    await expect(openStockRunner(model, SIZE)).rejects.toThrow(/has 2 ONNX files .*name the one to use/)
  })
})

describe('a file that is no such export', () => {
  const refused = (message: RegExp) => ({ code: 'bad_model', message: expect.stringMatching(message) })
  const decoder: StockShape = {
    inputs: ['input_ids', 'attention_mask', 'past_key_values.0.key', 'past_key_values.0.value'],
    outputs: ['logits', 'present.0.key', 'present.0.value'],
  }

  it.each<[string, Partial<StockShape>, RegExp]>([
    ['a classifier', { inputs: ['pixel_values'], outputs: ['scores'] }, /is no decoder of text: its inputs are pixel_/],
    ['a decoder without a cache', { inputs: ['input_ids', 'attention_mask'] }, /has no KV cache .*with-past/],
    ['a merged export', { inputs: [...decoder.inputs, 'use_cache_branch'] }, /is a merged export .*model\.onnx/],
    [
      'an encoder-decoder',
      { inputs: [...decoder.inputs, 'encoder_hidden_states'] },
      /encoder-decoder model \(its input encoder_hidden_states\)/,
    ],
    ['one that takes embeddings', { inputs: ['inputs_embeds'] }, /takes embeddings/],
    ['one with an input that nobody knows', { inputs: [...decoder.inputs, 'beam_idx'] }, /has an input beam_idx/],
    ['one that does not return its cache', { outputs: ['logits'] }, /lacks present\.0\.key/],
    ['a cache of unknown size', { cacheDims: ['batch', 'heads', 'past', 16] }, /does not say how many heads/],
    ['a cache of another rank', { cacheDims: ['batch', 'past', 16] }, /it should be float32 with 4 dimensions/],
  ])('is refused: %s', async (_, changes, message) => {
    writeGpt2Export(model, tinyGpt2())
    writeGraph(model, { ...decoder, ...changes })
    await expect(openStockRunner(model, SIZE)).rejects.toMatchObject(refused(message))
  })

  it('is refused when its file is cut short, or is none', async () => {
    writeGpt2Export(model, tinyGpt2())
    const path = join(model, 'onnx', 'model.onnx')
    truncateSync(path, Math.floor(statSync(path).size / 2))
    await expect(openStockRunner(model, SIZE)).rejects.toMatchObject(refused(/cut short, damaged or no ONNX file/))
    writeFileSync(path, 'version https://git-lfs.github.com/spec/v1')
    await expect(openStockRunner(model, SIZE)).rejects.toMatchObject(refused(/cut short, damaged or no ONNX file/))
  })

  it('is refused when the file of weights is missing or cut short', async () => {
    writeGpt2Export(model, tinyGpt2())
    const path = join(model, 'onnx', 'model.onnx_data')
    truncateSync(path, Math.floor(statSync(path).size / 2))
    await expect(openStockRunner(model, SIZE)).rejects.toMatchObject(refused(/file with its weights.*fetch it again/))
    rmSync(path)
    await expect(openStockRunner(model, SIZE)).rejects.toMatchObject(refused(/file with its weights.*fetch it again/))
  })

  it('is refused when the tokenizer has more tokens than the graph', async () => {
    writeGpt2Export(model, tinyGpt2({ vocab_size: 200 }))
    const settings = { model, precision: 'int8' as const, slots: 2, threads: 1, maxContext: 64, dataDir: folder.path }
    await expect(openEngine(settings)).rejects.toMatchObject(refused(/more tokens than the 200 that .*another model/))
  })

  it('is refused when its config does not say how long a text may be', async () => {
    writeGpt2Export(model, tinyGpt2())
    writeFileSync(join(model, 'config.json'), JSON.stringify({ vocab_size: 300 }))
    await expect(openStockRunner(model, SIZE)).rejects.toMatchObject(
      refused(/no max_position_embeddings or n_positions/),
    )
  })
})
