// A Llama-family decoder as optimum exports it. The weights are float32, or 8 bits in blocks of 32 as MatMulNBits.

import type { DecoderWeights, LayerWeights, Projection } from '../../src/inference/model/decoder-weights.ts'
import type { GraphBuilder } from '../../src/inference/model/graph-builder.ts'
import type { ModelConfig } from '../../src/tokenizer/model-config.ts'
import { blockProduct } from './block-product.ts'
import { ExportNodes } from './export-nodes.ts'

export type StockWeights = 'float32' | 'int8'

/** Throws for what the exported graphs of these models would need beyond this: scaled rotations. */
export function addLlamaExport(graph: GraphBuilder, weights: DecoderWeights, kind: StockWeights): void {
  new LlamaExport(graph, weights, kind).add()
}

interface Rotation {
  /** `[batch, 1, seq, headDim]` */
  cos: string
  sin: string
}

class LlamaExport extends ExportNodes {
  readonly #weights: DecoderWeights
  readonly #config: ModelConfig
  readonly #kind: StockWeights

  constructor(graph: GraphBuilder, weights: DecoderWeights, kind: StockWeights) {
    super(graph)
    this.#weights = weights
    this.#config = weights.config
    this.#kind = kind
  }

  add(): void {
    const { layers, vocabSize, hiddenSize } = this.#config
    this.addInputs({ positionIds: true })
    const mask = this.addMask(this.addRanges())
    const rotation = this.#addRotation()
    const embedding = this.#weights.embedding()
    this.graph.tensor('model.embed_tokens.weight', 'float32', [vocabSize, hiddenSize], embedding)
    let states = this.op('Gather', 'model.embed_tokens.weight', 'input_ids')
    for (let index = 0; index < layers; index++) {
      const layer = this.#weights.layer(index)
      const normalized = this.#norm(`layers.${index}.input_layernorm`, layer.attentionNorm(), states)
      states = this.op('Add', states, this.#attention(index, layer, normalized, mask, rotation))
      const input = this.#norm(`layers.${index}.post_attention_layernorm`, layer.innerNorm(), states)
      states = this.op('Add', states, this.#inner(index, layer, input))
    }
    const output = this.#norm('norm', this.#weights.finalNorm(), states)
    const head = { weight: this.#weights.output() ?? embedding, bias: null }
    this.addLogits(this.#product('lm_head', head, output, [vocabSize, hiddenSize]), vocabSize)
  }

  /** cos and sin of position * theta^(-2i / dim), for both halves of a head. */
  #addRotation(): Rotation {
    const { headDim, rope } = this.#config
    if (rope.scaling.kind !== 'none') throw new Error(`no export is written with ${rope.scaling.kind} rotation`)
    const half = headDim / 2
    const frequencies = Float32Array.from({ length: half }, (_, pair) => rope.theta ** (-pair / half))
    const inverse = this.graph.tensor('inv_freq', 'float32', [half], frequencies)
    const positions = this.graph.node('Cast', ['position_ids'], { to: 1n })
    const angles = this.op('Mul', this.op('Unsqueeze', positions, this.integers(2)), inverse)
    const both = this.graph.node('Concat', [angles, angles], { axis: -1n })
    const perHead = (values: string) => this.op('Unsqueeze', values, this.integers(1))
    return { cos: perHead(this.op('Cos', both)), sin: perHead(this.op('Sin', both)) }
  }

  #attention(index: number, layer: LayerWeights, input: string, mask: string, rotation: Rotation): string {
    const { heads, kvHeads, headDim, hiddenSize, headNorm } = this.#config
    const name = `layers.${index}.self_attn`
    const { q, k, v } = layer.qkv()
    const norms = headNorm ? layer.headNorms() : null
    const project = (part: 'q' | 'k' | 'v', projection: Projection, count: number) => {
      const product = this.#product(`${name}.${part}_proj`, projection, input, [count * headDim, hiddenSize])
      const split = this.splitHeads(product, count, headDim)
      return norms && part !== 'v' ? this.#norm(`${name}.${part}_norm`, norms[part], split) : split
    }
    const size: [number, number] = [kvHeads, headDim]
    const queries = this.#rotated(project('q', q, heads), rotation)
    const keys = this.withPast(index, 'key', this.#rotated(project('k', k, kvHeads), rotation), size)
    const values = this.withPast(index, 'value', project('v', v, kvHeads), size)
    const repeated = (part: string) => this.repeatHeads(part, heads / kvHeads, size)
    const mixed = this.attention({ queries, keys: repeated(keys), values: repeated(values), mask, dim: headDim })
    return this.#product(`${name}.o_proj`, layer.attentionOutput(), mixed, [hiddenSize, heads * headDim])
  }

  /** x * cos + rotate_half(x) * sin */
  #rotated(values: string, { cos, sin }: Rotation): string {
    const { headDim } = this.#config
    const part = (from: number, to: number) =>
      this.op('Slice', values, this.integers(from), this.integers(to), this.integers(3))
    const second = this.op('Neg', part(headDim / 2, headDim))
    const turned = this.graph.node('Concat', [second, part(0, headDim / 2)], { axis: -1n })
    return this.op('Add', this.op('Mul', values, cos), this.op('Mul', turned, sin))
  }

  #inner(index: number, layer: LayerWeights, input: string): string {
    const { hiddenSize, innerSize } = this.#config
    const { gate, up, down } = layer.inner()
    const product = (part: string, weight: Float32Array, values: string, dims: [number, number]) =>
      this.#product(`layers.${index}.mlp.${part}_proj`, { weight, bias: null }, values, dims)
    const gated = product('gate', gate, input, [innerSize, hiddenSize])
    const activated = this.op('Mul', gated, this.op('Sigmoid', gated))
    const raised = this.op('Mul', activated, product('up', up, input, [innerSize, hiddenSize]))
    return product('down', down, raised, [hiddenSize, innerSize])
  }

  /** x / sqrt(mean(x^2) + epsilon) * weights */
  #norm(name: string, weights: Float32Array, values: string): string {
    const stored = this.graph.tensor(`model.${name}.weight`, 'float32', [weights.length], weights)
    const squares = this.op('Pow', values, this.number(2))
    const mean = this.graph.node('ReduceMean', [squares, this.integers(-1)], { keepdims: 1n })
    const root = this.op('Sqrt', this.op('Add', mean, this.number(this.#config.normEpsilon)))
    return this.op('Mul', this.op('Div', values, root), stored)
  }

  /** values * weight^T + bias */
  #product(name: string, { weight, bias }: Projection, values: string, [outputs, inputs]: [number, number]): string {
    const stored = `model.${name}.weight`
    const product =
      this.#kind === 'int8'
        ? blockProduct(this.graph, values, { name: stored, values: weight, outputs, inputs })
        : this.op(
            'MatMul',
            values,
            this.graph.tensor(stored, 'float32', [inputs, outputs], transposed(weight, outputs, inputs)),
          )
    if (!bias) return product
    return this.op('Add', product, this.graph.tensor(`model.${name}.bias`, 'float32', [outputs], bias))
  }
}

function transposed(values: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(values.length)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) out[column * rows + row] = values[row * columns + column]!
  }
  return out
}
