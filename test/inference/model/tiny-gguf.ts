// A tiny model as llama.cpp would write it: its own names, and for Llama q and k with interleaved rows.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TinyModel, type TinyTensor, writeModelFolder } from './tiny-models.ts'

const NAMES: [RegExp, string][] = [
  [/^model\.embed_tokens/, 'token_embd'],
  [/^model\.norm/, 'output_norm'],
  [/^lm_head/, 'output'],
  [/^model\.layers\.(\d+)\.input_layernorm/, 'blk.$1.attn_norm'],
  [/^model\.layers\.(\d+)\.post_attention_layernorm/, 'blk.$1.ffn_norm'],
  [/^model\.layers\.(\d+)\.self_attn\.o_proj/, 'blk.$1.attn_output'],
  [/^model\.layers\.(\d+)\.self_attn\.([qkv])_proj/, 'blk.$1.attn_$2'],
  [/^model\.layers\.(\d+)\.self_attn\.([qk])_norm/, 'blk.$1.attn_$2_norm'],
  [/^model\.layers\.(\d+)\.mlp\.(gate|up|down)_proj/, 'blk.$1.ffn_$2'],
]

export interface GgufOptions {
  version?: number
  /** GGML's number of a type, instead of F32 or Q8_0. */
  forceType?: number
  quantize?: boolean
}

export function writeGguf(folder: string, model: TinyModel, options: GgufOptions = {}): string {
  writeModelFolder(folder, model.config)
  const path = join(folder, 'tiny.gguf')
  writeFileSync(path, ggufOf(model, options))
  return path
}

function ggufOf({ config, tensors }: TinyModel, { version = 3, forceType, quantize }: GgufOptions): Buffer {
  const architecture = { LlamaForCausalLM: 'llama', Qwen2ForCausalLM: 'qwen2', Qwen3ForCausalLM: 'qwen3' }[
    config.architectures[0]
  ] as string
  const metadata = [
    keyValue('general.architecture', 8, text(architecture)),
    keyValue(`${architecture}.attention.head_count`, 4, word(config.num_attention_heads)),
    keyValue(`${architecture}.attention.head_count_kv`, 4, word(config.num_key_value_heads)),
    keyValue('tokenizer.ggml.tokens', 9, Buffer.concat([word(8), long(2), text('a'), text('b')])),
    keyValue('general.quantized', 7, Buffer.of(1)),
  ]
  const infos: Buffer[] = []
  const data: Buffer[] = []
  let offset = 0
  for (const [name, tensor] of tensors) {
    const rotated = architecture === 'llama' && name.match(/\.([qk])_proj/)?.[1]
    const heads = rotated === 'q' ? config.num_attention_heads : config.num_key_value_heads
    const values = rotated ? interleaved(tensor, heads) : tensor.values
    const small = quantize === true && tensor.shape.length === 2
    const bytes = small ? q8(values) : Buffer.from(values.buffer)
    const dims = tensor.shape.toReversed().map(long)
    infos.push(text(ggufName(name)), word(dims.length), ...dims, word(forceType ?? (small ? 8 : 0)), long(offset))
    data.push(bytes, Buffer.alloc((32 - (bytes.length % 32)) % 32))
    offset += Math.ceil(bytes.length / 32) * 32
  }
  const head = Buffer.concat([
    ...[Buffer.from('GGUF'), word(version), long(tensors.size), long(metadata.length)],
    ...metadata,
    ...infos,
  ])
  return Buffer.concat([head, Buffer.alloc((32 - (head.length % 32)) % 32), ...data])
}

function ggufName(name: string): string {
  const [pattern, replacement] = NAMES.find(([candidate]) => candidate.test(name))!
  return name.replace(pattern, replacement)
}

/** Row i of a head's first half becomes row 2i, row i of the second half row 2i + 1. */
function interleaved({ shape, values }: TinyTensor, heads: number): Float32Array {
  const width = shape[1] ?? 1
  const half = shape[0]! / heads / 2
  const out = new Float32Array(values.length)
  for (let row = 0; row < shape[0]!; row++) {
    const head = Math.floor(row / (2 * half))
    const within = row % (2 * half)
    const target = head * 2 * half + (within < half ? 2 * within : 2 * (within - half) + 1)
    out.set(values.subarray(row * width, (row + 1) * width), target * width)
  }
  return out
}

/** Q8_0 with scales that are powers of two, which float16 holds exactly. */
function q8(values: Float32Array): Buffer {
  const blocks: Buffer[] = []
  for (let at = 0; at < values.length; at += 32) {
    const block = values.subarray(at, at + 32)
    const exponent = Math.ceil(Math.log2(Math.max(...block.map(Math.abs)) / 127))
    const bytes = Buffer.alloc(34)
    bytes.writeUInt16LE((exponent + 15) << 10)
    for (const [i, value] of block.entries()) bytes.writeInt8(Math.round(value / 2 ** exponent), 2 + i)
    blocks.push(bytes)
  }
  return Buffer.concat(blocks)
}

const word = (value: number) => Buffer.from(Uint32Array.of(value).buffer)
const long = (value: number) => Buffer.from(BigUint64Array.of(BigInt(value)).buffer)
const text = (value: string) => Buffer.concat([long(Buffer.byteLength(value)), Buffer.from(value)])
const keyValue = (key: string, type: number, value: Buffer) => Buffer.concat([text(key), word(type), value])
