import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ModelConfig, readConfig } from '../../src/tokenizer/model-config.ts'
import { temporaryFolder, tinyModel } from '../inference/model/tiny-models.ts'

let folder: ReturnType<typeof temporaryFolder>
beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(() => folder.remove())

function read(architecture: string, changes: Record<string, unknown> = {}): ModelConfig {
  const path = join(folder.path, 'config.json')
  writeFileSync(path, JSON.stringify({ ...tinyModel(architecture).config, ...changes }))
  return readConfig(path)
}

describe('reading a config', () => {
  it('fills in what older files leave out', () => {
    const { kvHeads, headDim, rope } = read('LlamaForCausalLM', {
      num_key_value_heads: undefined,
      head_dim: null,
      rope_theta: undefined,
    })
    expect({ kvHeads, headDim, theta: rope.theta }).toEqual({ kvHeads: 4, headDim: 16, theta: 10_000 })
  })

  it('finds the rotation where newer files keep it', () => {
    const rope_parameters = { rope_type: 'linear', rope_theta: 500, factor: 2 }
    const { rope } = read('LlamaForCausalLM', { rope_theta: undefined, rope_parameters })
    expect(rope).toEqual({ theta: 500, scaling: { kind: 'linear', factor: 2 } })
  })

  it('knows which architectures have biases and head norms', () => {
    expect(read('Qwen2ForCausalLM').bias).toEqual({ qkv: true, output: false })
    expect(read('Qwen3ForCausalLM')).toMatchObject({ bias: { qkv: false, output: false }, headNorm: true })
    expect(read('LlamaForCausalLM', { attention_bias: true }).bias).toEqual({ qkv: true, output: true })
  })

  it('ends the context where a sliding window would begin to slide', () => {
    expect(read('MistralForCausalLM', { sliding_window: 64 }).contextLength).toBe(64)
    expect(read('MistralForCausalLM', { sliding_window: null }).contextLength).toBe(128)
    expect(read('Qwen2ForCausalLM', { sliding_window: 64, use_sliding_window: false }).contextLength).toBe(128)
    expect(read('Qwen2ForCausalLM', { sliding_window: 64, use_sliding_window: true }).contextLength).toBe(64)
  })
})
