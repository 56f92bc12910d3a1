// A GGUF file as a source of Hugging Face's tensors: other names, and two matrices whose rows llama.cpp reorders.

import { GgufFile } from './gguf-file.ts'
import { badModel, type TensorSource } from './tensor-source.ts'

const OUTER_NAMES: Readonly<Record<string, string>> = {
  'model.embed_tokens.weight': 'token_embd.weight',
  'model.norm.weight': 'output_norm.weight',
  'lm_head.weight': 'output.weight',
}

const LAYER_NAMES: Readonly<Record<string, string>> = {
  input_layernorm: 'attn_norm',
  'self_attn.q_proj': 'attn_q',
  'self_attn.k_proj': 'attn_k',
  'self_attn.v_proj': 'attn_v',
  'self_attn.o_proj': 'attn_output',
  'self_attn.q_norm': 'attn_q_norm',
  'self_attn.k_norm': 'attn_k_norm',
  post_attention_layernorm: 'ffn_norm',
  'mlp.gate_proj': 'ffn_gate',
  'mlp.up_proj': 'ffn_up',
  'mlp.down_proj': 'ffn_down',
}

/** Architectures whose q and k rows are interleaved in pairs: llama.cpp rotates neighbours, Hugging Face halves. */
const INTERLEAVED = new Set(['llama'])

export class GgufSource implements TensorSource {
  readonly #file: GgufFile
  readonly #heads: { q: number; k: number }
  readonly #interleaved: boolean

  constructor(path: string) {
    this.#file = new GgufFile(path)
    const architecture = String(this.#file.metadata.get('general.architecture'))
    const heads = Number(this.#file.metadata.get(`${architecture}.attention.head_count`))
    const kvHeads = Number(this.#file.metadata.get(`${architecture}.attention.head_count_kv`) ?? heads)
    if (!(heads > 0 && kvHeads > 0)) throw badModel(path, `does not say how many attention heads the model has`)
    this.#heads = { q: heads, k: kvHeads }
    this.#interleaved = INTERLEAVED.has(architecture)
  }

  shapeOf(name: string): readonly number[] | undefined {
    return this.#file.tensors.get(ggufName(name))?.dims.toReversed()
  }

  read(name: string): Float32Array {
    const values = this.#file.read(ggufName(name))
    const rotated = name.match(/self_attn[.]([qk])_proj[.]/)?.[1] as 'q' | 'k' | undefined
    if (!rotated || !this.#interleaved) return values
    return separateHalves(values, this.#heads[rotated], this.shapeOf(name)![0]!)
  }

  close(): void {
    this.#file.close()
  }
}

function ggufName(name: string): string {
  const layer = name.match(/^model[.]layers[.](\d+)[.](.+)[.](weight|bias)$/)
  if (!layer) return OUTER_NAMES[name] ?? name
  return `blk.${layer[1]}.${LAYER_NAMES[layer[2]!] ?? layer[2]}.${layer[3]}`
}

/** Within each head, rows 0, 2, 4, ... become the first half and rows 1, 3, 5, ... the second. */
function separateHalves(values: Float32Array, heads: number, rows: number): Float32Array {
  const width = values.length / rows
  const headRows = rows / heads
  const out = new Float32Array(values.length)
  for (let row = 0; row < rows; row++) {
    const head = Math.floor(row / headRows)
    const within = row % headRows
    const target = head * headRows + (within % 2) * (headRows / 2) + Math.floor(within / 2)
    out.set(values.subarray(row * width, (row + 1) * width), target * width)
  }
  return out
}
