// Small random models of every supported architecture, written as safetensors or GGUF into a folder of their own.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface TinyConfig {
  architectures: [string]
  hidden_size: number
  intermediate_size: number
  num_hidden_layers: number
  num_attention_heads: number
  num_key_value_heads: number
  head_dim: number
  vocab_size: number
  rms_norm_eps: number
  rope_theta: number
  max_position_embeddings: number
  tie_word_embeddings: boolean
  attention_bias: boolean
  rope_scaling?: Record<string, unknown> | null
  [other: string]: unknown
}

export interface TinyTensor {
  shape: number[]
  values: Float32Array
}
export type TinyTensors = Map<string, TinyTensor>

export interface TinyModel {
  config: TinyConfig
  tensors: TinyTensors
}

/** A folder that the caller removes. */
export function temporaryFolder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'model-test-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

export function tinyModel(architecture: string, changes: Partial<TinyConfig> = {}): TinyModel {
  const config: TinyConfig = {
    architectures: [architecture],
    hidden_size: 64,
    intermediate_size: 96,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    head_dim: 16,
    vocab_size: 320,
    rms_norm_eps: 1e-5,
    rope_theta: 10_000,
    max_position_embeddings: 128,
    tie_word_embeddings: false,
    attention_bias: false,
    ...changes,
  }
  return { config, tensors: randomTensors(config) }
}

function randomTensors(config: TinyConfig): TinyTensors {
  const random = generator(7)
  const tensors: TinyTensors = new Map()
  const add = (name: string, shape: number[], spread: number, centre = 0) => {
    const count = shape.reduce((product, size) => product * size, 1)
    tensors.set(name, { shape, values: Float32Array.from({ length: count }, () => centre + spread * random()) })
  }
  const { hidden_size: hidden, intermediate_size: inner, head_dim: head, vocab_size: vocab } = config
  const [architecture] = config.architectures
  add('model.embed_tokens.weight', [vocab, hidden], 1)
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const name = (part: string) => `model.layers.${layer}.${part}`
    add(name('input_layernorm.weight'), [hidden], 0.3, 1)
    add(name('post_attention_layernorm.weight'), [hidden], 0.3, 1)
    for (const [part, count] of [
      ['q', config.num_attention_heads],
      ['k', config.num_key_value_heads],
      ['v', config.num_key_value_heads],
    ] as const) {
      add(name(`self_attn.${part}_proj.weight`), [count * head, hidden], 0.2)
      const biased = architecture === 'Qwen2ForCausalLM' || config.attention_bias
      if (biased) add(name(`self_attn.${part}_proj.bias`), [count * head], 0.3)
    }
    add(name('self_attn.o_proj.weight'), [hidden, config.num_attention_heads * head], 0.2)
    if (config.attention_bias) add(name('self_attn.o_proj.bias'), [hidden], 0.3)
    if (architecture === 'Qwen3ForCausalLM') {
      for (const part of ['q', 'k']) add(name(`self_attn.${part}_norm.weight`), [head], 0.3, 1)
    }
    add(name('mlp.gate_proj.weight'), [inner, hidden], 0.2)
    add(name('mlp.up_proj.weight'), [inner, hidden], 0.2)
    add(name('mlp.down_proj.weight'), [hidden, inner], 0.2)
  }
  add('model.norm.weight', [hidden], 0.3, 1)
  if (!config.tie_word_embeddings) add('lm_head.weight', [vocab, hidden], 0.3)
  return tensors
}

/** Mulberry32, from -1 to 1: the same numbers in every run. */
export function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 31 - 1
  }
}

/** config.json and a tokenizer of single bytes and one word, without weights. */
export function writeModelFolder(folder: string, config: TinyConfig): void {
  mkdirSync(folder, { recursive: true })
  const json = (name: string, content: unknown) => writeFileSync(join(folder, name), JSON.stringify(content))
  json('config.json', config)
  json('tokenizer_config.json', { bos_token: null, eos_token: null, unk_token: null, pad_token: null })
  json('tokenizer.json', {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: null,
    decoder: { type: 'ByteLevel' },
    model: {
      ...{ type: 'BPE', unk_token: null, byte_fallback: false },
      // One word, so that a text has fewer tokens than bytes.
      ...{ vocab: { ...byteVocabulary(), Ġa: 256 }, merges: ['Ġ a'] },
    },
  })
}

/** GPT-2's characters for bytes: printable ones stand for themselves, the others for characters from 256 on. */
function byteVocabulary(): Record<string, number> {
  const printable = (byte: number) => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173)
  let next = 256
  const characters = Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(printable(byte) ? byte : next++))
  return Object.fromEntries(characters.map((character, id) => [character, id]))
}

/** In `shards` files; with more than one also the index that names them. */
export function writeSafetensors(folder: string, { config, tensors }: TinyModel, shards = 1): void {
  writeModelFolder(folder, config)
  const names = [...tensors.keys()]
  const fileOf = (index: number) => `model-${String((index % shards) + 1).padStart(5, '0')}.safetensors`
  if (shards === 1) {
    writeFileSync(join(folder, 'model.safetensors'), safetensorsOf(tensors, names))
    return
  }
  const map = Object.fromEntries(names.map((name, index) => [name, fileOf(index)]))
  writeFileSync(join(folder, 'model.safetensors.index.json'), JSON.stringify({ weight_map: map }))
  for (let shard = 0; shard < shards; shard++) {
    const own = names.filter((name) => map[name] === fileOf(shard))
    writeFileSync(join(folder, fileOf(shard)), safetensorsOf(tensors, own))
  }
}

function safetensorsOf(tensors: TinyTensors, names: string[]): Buffer {
  let at = 0
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } }
  for (const name of names) {
    const { shape, values } = tensors.get(name)!
    header[name] = { dtype: 'F32', shape, data_offsets: [at, at + values.byteLength] }
    at += values.byteLength
  }
  const text = Buffer.from(JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(text.length))
  return Buffer.concat([length, text, ...names.map((name) => Buffer.from(tensors.get(name)!.values.buffer))])
}
