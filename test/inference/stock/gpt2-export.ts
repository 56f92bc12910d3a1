// A gpt2 as optimum exports it.

import { ExportNodes } from '../../../bench/stock-graph/export-nodes.ts'
import type { GraphBuilder } from '../../../src/inference/model/graph-builder.ts'
import { NORM_EPSILON, type TinyGpt2 } from './tiny-gpt2.ts'

/**
 * Where positions come from: the input position_ids; or the past's length, as in older exports, which have no such
 * input; or that although there is one, as a kernel does that counts by itself.
 */
export type Positions = 'given' | 'counted' | 'ignored'

export function addGpt2Export(graph: GraphBuilder, model: TinyGpt2, positions: Positions): void {
  new Gpt2Export(graph, model).add(positions)
}

class Gpt2Export extends ExportNodes {
  readonly #model: TinyGpt2

  constructor(graph: GraphBuilder, model: TinyGpt2) {
    super(graph)
    this.#model = model
    for (const [name, { shape, values }] of model.tensors) graph.tensor(`transformer.${name}`, 'float32', shape, values)
  }

  add(positions: Positions): void {
    const { n_layer: layers, n_head: heads, n_embd: width, vocab_size: vocab } = this.#model.config
    this.addInputs({ positionIds: positions !== 'counted' })
    const ranges = this.addRanges()
    const mask = this.addMask(ranges)
    const places = positions === 'given' ? 'position_ids' : ranges.queries
    const embedded = this.op('Gather', 'transformer.wte.weight', 'input_ids')
    let states = this.op('Add', embedded, this.op('Gather', 'transformer.wpe.weight', places))
    for (let layer = 0; layer < layers; layer++) {
      const name = `h.${layer}`
      const qkv = this.#product(`${name}.attn.c_attn`, this.#norm(`${name}.ln_1`, states))
      const parts = ['q', 'k', 'v'].map((part) => `${name}.${part}`)
      this.graph.node('Split', [qkv, this.integers(width, width, width)], { axis: -1n }, { outputs: parts })
      const dim = width / heads
      const [queries, k, v] = parts.map((part) => this.splitHeads(part, heads, dim)) as [string, string, string]
      const keys = this.withPast(layer, 'key', k, [heads, dim])
      const values = this.withPast(layer, 'value', v, [heads, dim])
      const mixed = this.attention({ queries, keys, values, mask, dim })
      states = this.op('Add', states, this.#product(`${name}.attn.c_proj`, mixed))
      const inner = this.#gelu(this.#product(`${name}.mlp.c_fc`, this.#norm(`${name}.ln_2`, states)))
      states = this.op('Add', states, this.#product(`${name}.mlp.c_proj`, inner))
    }
    const turned = this.graph.node('Transpose', ['transformer.wte.weight'], { perm: [1n, 0n] })
    this.addLogits(this.op('MatMul', this.#norm('ln_f', states), turned), vocab)
  }

  #norm(name: string, values: string): string {
    const inputs = [values, `transformer.${name}.weight`, `transformer.${name}.bias`]
    return this.graph.node('LayerNormalization', inputs, { axis: -1n, epsilon: NORM_EPSILON })
  }

  #product(name: string, values: string): string {
    return this.op('Add', this.op('MatMul', values, `transformer.${name}.weight`), `transformer.${name}.bias`)
  }

  /** gelu_new: 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) */
  #gelu(x: string): string {
    const cubed = this.op('Mul', this.op('Pow', x, this.number(3)), this.number(0.044715))
    const turned = this.op('Tanh', this.op('Mul', this.op('Add', x, cubed), this.number(Math.sqrt(2 / Math.PI))))
    return this.op('Mul', this.op('Mul', x, this.number(0.5)), this.op('Add', turned, this.number(1)))
  }
}
