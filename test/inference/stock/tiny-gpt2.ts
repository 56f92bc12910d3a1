// A small random gpt2: learned positions, layer norms with biases, one projection for q, k and v, GELU, and a config in
// that family's own words.

import { generator } from '../model/tiny-models.ts'

export interface TinyGpt2 {
  config: { n_layer: number; n_head: number; n_embd: number; n_positions: number; vocab_size: number }
  /** Conv1D's order: `[inputs, outputs]`. */
  tensors: Map<string, { shape: number[]; values: Float32Array }>
}

export const NORM_EPSILON = 1e-5

export function tinyGpt2(changes: Partial<TinyGpt2['config']> = {}): TinyGpt2 {
  const config = { n_layer: 2, n_head: 4, n_embd: 48, n_positions: 256, vocab_size: 300, ...changes }
  const random = generator(11)
  const tensors: TinyGpt2['tensors'] = new Map()
  const add = (name: string, shape: number[], spread: number, centre = 0) => {
    const length = shape.reduce((product, size) => product * size, 1)
    tensors.set(name, { shape, values: Float32Array.from({ length }, () => centre + spread * random()) })
  }
  const norm = (name: string) => {
    add(`${name}.weight`, [width], 0.3, 1)
    add(`${name}.bias`, [width], 0.2)
  }
  const projection = (name: string, inputs: number, outputs: number) => {
    add(`${name}.weight`, [inputs, outputs], 0.25)
    add(`${name}.bias`, [outputs], 0.2)
  }
  const { n_embd: width } = config
  add('wte.weight', [config.vocab_size, width], 1)
  add('wpe.weight', [config.n_positions, width], 1)
  for (let layer = 0; layer < config.n_layer; layer++) {
    norm(`h.${layer}.ln_1`)
    projection(`h.${layer}.attn.c_attn`, width, 3 * width)
    projection(`h.${layer}.attn.c_proj`, width, width)
    norm(`h.${layer}.ln_2`)
    projection(`h.${layer}.mlp.c_fc`, width, 4 * width)
    projection(`h.${layer}.mlp.c_proj`, 4 * width, width)
  }
  norm('ln_f')
  return { config, tensors }
}

type Vector = number[]

/** Logits of every position, `[ids, vocabulary]`: float64, one position after the other, no cache. */
export function naiveGpt2({ config, tensors }: TinyGpt2, ids: readonly number[]): Vector[] {
  const { n_embd: width, n_head: heads, n_layer: layers, vocab_size: vocab } = config
  const dim = width / heads
  const values = (name: string) => tensors.get(name)!.values
  const row = (name: string, index: number) => [...values(name).subarray(index * width, (index + 1) * width)]
  const add = (a: Vector, b: Vector) => a.map((value, i) => value + b[i]!)
  const dot = (a: Vector, b: Vector) => a.reduce((sum, value, i) => sum + value * b[i]!, 0)
  const norm = (name: string, x: Vector) => {
    const mean = x.reduce((a, b) => a + b, 0) / x.length
    const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length
    const [weight, bias] = [values(`${name}.weight`), values(`${name}.bias`)]
    return x.map((value, i) => ((value - mean) / Math.sqrt(variance + NORM_EPSILON)) * weight[i]! + bias[i]!)
  }
  const project = (name: string, x: Vector): Vector => {
    const weight = values(`${name}.weight`)
    return [...values(`${name}.bias`)].map((bias, column, { length }) =>
      x.reduce((sum, value, i) => sum + value * weight[i * length + column]!, bias),
    )
  }
  const head = (x: Vector, part: number, h: number) => x.slice(part * width + h * dim, part * width + (h + 1) * dim)
  const gelu = (x: number) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))

  let states = ids.map((id, position) => add(row('wte.weight', id), row('wpe.weight', position)))
  for (let layer = 0; layer < layers; layer++) {
    const part = (name: string) => `h.${layer}.${name}`
    const qkv = states.map((x) => project(part('attn.c_attn'), norm(part('ln_1'), x)))
    states = states.map((x, position) => {
      const mixed = Array.from({ length: heads }, (_, h) => {
        const seen = qkv.slice(0, position + 1)
        const scores = seen.map((k) => dot(head(qkv[position]!, 0, h), head(k, 1, h)) / Math.sqrt(dim))
        const max = Math.max(...scores)
        const powers = scores.map((score) => Math.exp(score - max))
        const sum = powers.reduce((a, b) => a + b, 0)
        return Array.from({ length: dim }, (_, d) =>
          powers.reduce((all, power, past) => all + (power / sum) * head(seen[past]!, 2, h)[d]!, 0),
        )
      })
      return add(x, project(part('attn.c_proj'), mixed.flat()))
    })
    states = states.map((x) => {
      const inner = project(part('mlp.c_fc'), norm(part('ln_2'), x)).map(gelu)
      return add(x, project(part('mlp.c_proj'), inner))
    })
  }
  return states.map((x) => {
    const normalized = norm('ln_f', x)
    return Array.from({ length: vocab }, (_, id) => dot(normalized, row('wte.weight', id)))
  })
}
