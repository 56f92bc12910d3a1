// A Llama-family forward pass as one would write it on paper: float64, one position after the other, no cache.

import type { TinyModel } from './tiny-models.ts'

type Vector = number[]

/** Logits of every position: `[ids, vocabulary]`. */
export function naiveForward({ config, tensors }: TinyModel, ids: readonly number[]): Vector[] {
  const { head_dim: dim, num_attention_heads: heads, num_key_value_heads: kvHeads } = config
  const values = (name: string) => tensors.get(name)?.values
  const project = (name: string, x: Vector): Vector => {
    const { shape, values: weights } = tensors.get(`${name}.weight`)!
    const bias = values(`${name}.bias`)
    return Array.from({ length: shape[0]! }, (_, row) =>
      x.reduce((sum, value, column) => sum + value * weights[row * shape[1]! + column]!, bias?.[row] ?? 0),
    )
  }
  const norm = (name: string, x: Vector): Vector => {
    const rms = Math.sqrt(x.reduce((sum, value) => sum + value * value, 0) / x.length + config.rms_norm_eps)
    return x.map((value, i) => (value / rms) * values(name)![i]!)
  }
  const headsOf = (x: Vector) => Array.from({ length: x.length / dim }, (_, h) => x.slice(h * dim, (h + 1) * dim))
  const normalizedHeads = (name: string, x: Vector) =>
    headsOf(x).map((head) => (values(name) ? norm(name, head) : head))

  let states = ids.map((id) => {
    const embedding = values('model.embed_tokens.weight')!
    return [...embedding.subarray(id * config.hidden_size, (id + 1) * config.hidden_size)]
  })
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const part = (name: string) => `model.layers.${layer}.${name}`
    const inputs = states.map((x) => norm(part('input_layernorm.weight'), x))
    const rotated = (name: 'q' | 'k') =>
      inputs.map((x, position) =>
        normalizedHeads(part(`self_attn.${name}_norm.weight`), project(part(`self_attn.${name}_proj`), x)).map((head) =>
          rotate(head, position, config.rope_theta),
        ),
      )
    const [queries, keys] = [rotated('q'), rotated('k')]
    const vs = inputs.map((x) => headsOf(project(part('self_attn.v_proj'), x)))
    states = states.map((x, position) => {
      const mixed = Array.from({ length: heads }, (_, h) => {
        const kv = Math.floor(h / (heads / kvHeads))
        const scores = keys.slice(0, position + 1).map((k) => dot(queries[position]![h]!, k[kv]!) / Math.sqrt(dim))
        const weights = softmax(scores)
        return Array.from({ length: dim }, (_, d) => weights.reduce((sum, w, past) => sum + w * vs[past]![kv]![d]!, 0))
      })
      return add(x, project(part('self_attn.o_proj'), mixed.flat()))
    })
    states = states.map((x) => {
      const input = norm(part('post_attention_layernorm.weight'), x)
      const gate = project(part('mlp.gate_proj'), input)
      const up = project(part('mlp.up_proj'), input)
      const product = gate.map((g, i) => (g / (1 + Math.exp(-g))) * up[i]!)
      return add(x, project(part('mlp.down_proj'), product))
    })
  }
  const head = tensors.has('lm_head.weight') ? 'lm_head' : 'model.embed_tokens'
  return states.map((x) => project(head, norm('model.norm.weight', x)))
}

/** Hugging Face's form: element i turns with element i + dim / 2. */
function rotate(head: Vector, position: number, theta: number): Vector {
  const half = head.length / 2
  return head.map((value, i) => {
    const pair = i % half
    const angle = position * theta ** (-pair / half)
    const other = i < half ? -head[i + half]! : head[i - half]!
    return value * Math.cos(angle) + other * Math.sin(angle)
  })
}

const dot = (a: Vector, b: Vector) => a.reduce((sum, value, i) => sum + value * b[i]!, 0)
const add = (a: Vector, b: Vector) => a.map((value, i) => value + b[i]!)

function softmax(scores: Vector): Vector {
  const max = Math.max(...scores)
  const powers = scores.map((score) => Math.exp(score - max))
  const sum = powers.reduce((a, b) => a + b, 0)
  return powers.map((power) => power / sum)
}
