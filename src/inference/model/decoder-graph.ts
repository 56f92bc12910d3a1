// The ONNX graph of a Llama-family decoder. Every activation is `[rows, width]` with rows = batch * seq; only attention
// sees the batch. Attention appends to the KV cache in place: past and present are the same memory.

import type { ModelConfig } from '../../tokenizer/model-config.ts'
import type { DecoderWeights, LayerWeights } from './decoder-weights.ts'
import { CONTRIB, type GraphBuilder } from './graph-builder.ts'
import { blockProduct, Float32Linear, Int8Linear, type LinearNodes, type Prepared } from './linear.ts'
import { BLOCK, quantizeBlocks } from './quantize.ts'
import { ropeTable } from './rope.ts'
import {
  columnMaxima,
  divideRows,
  groupMaxima,
  type LayerMaxima,
  smoothingFactors,
  spreadOverHeads,
} from './smoothing.ts'

/** How the products are computed. `taps` adds the maxima that calibration reads as outputs. */
export type GraphPlan =
  | { precision: 'float32'; taps: boolean }
  | { precision: 'int8'; weightLimit: number; maxima: readonly LayerMaxima[] }

/** The four places of a layer whose activations calibration watches. */
export const TAPS = ['attention', 'output', 'inner', 'down'] as const satisfies (keyof LayerMaxima)[]
export const tapName = (layer: number, tap: string) => `maxima.${layer}.${tap}`
export const cacheName = (kind: 'past' | 'present', layer: number, part: 'key' | 'value') => `${kind}.${layer}.${part}`

/** Adds the whole decoder; `onLayer` is waited for after each layer's weights are written. */
export function addDecoder(
  graph: GraphBuilder,
  weights: DecoderWeights,
  plan: GraphPlan,
  onLayer: (done: number) => Promise<void>,
): Promise<void> {
  return new DecoderGraph(graph, weights, plan).add(onLayer)
}

class DecoderGraph {
  readonly #graph: GraphBuilder
  readonly #weights: DecoderWeights
  readonly #config: ModelConfig
  readonly #plan: GraphPlan
  readonly #linear: LinearNodes

  constructor(graph: GraphBuilder, weights: DecoderWeights, plan: GraphPlan) {
    this.#graph = graph
    this.#weights = weights
    this.#config = weights.config
    this.#plan = plan
    // First, so that the binding meets it before all others: see OnnxRunner.
    graph.outputs.push({ name: 'stop', type: 'float32', dims: [], sequence: true })
    graph.node('SequenceEmpty', [], {}, { outputs: ['stop'] })
    graph.input('ids', 'int32', ['rows'])
    graph.input('attention_shape', 'int64', [3])
    graph.input('last_positions', 'int32', ['batch'])
    graph.input('longest', 'int32', [1])
    graph.input('logit_rows', 'int32', ['logits'])
    this.#linear =
      plan.precision === 'float32'
        ? new Float32Linear(graph)
        : new Int8Linear(graph, plan.weightLimit, graph.input('zero_points', 'uint8', ['rows']))
  }

  async add(onLayer: (done: number) => Promise<void>): Promise<void> {
    const { config } = this.#weights
    this.#addRope()
    const embedding = this.#weights.embedding()
    let residual = this.#embed(embedding)
    let branch: string | null = null
    for (let index = 0; index < config.layers; index++) {
      ;[residual, branch] = this.#layer(index, residual, branch)
      await onLayer(index + 1)
    }
    this.#head(residual, branch!, embedding)
  }

  #addRope(): void {
    const { contextLength, headDim } = this.#config
    const table = ropeTable(this.#config, contextLength)
    this.#graph.tensor('cos', 'float32', [contextLength, headDim / 2], table.cos)
    this.#graph.tensor('sin', 'float32', [contextLength, headDim / 2], table.sin)
  }

  #embed(embedding: Float32Array): string {
    const { vocabSize, hiddenSize } = this.#config
    if (this.#plan.precision === 'float32') {
      return this.#graph.node('Gather', [
        this.#graph.tensor('embedding', 'float32', [vocabSize, hiddenSize], embedding),
        'ids',
      ])
    }
    const quantized = quantizeBlocks(embedding, vocabSize, hiddenSize)
    if (quantized.blocks * BLOCK !== hiddenSize) throw new Error('not a multiple of the block size')
    return this.#graph.node(
      'GatherBlockQuantized',
      [
        this.#graph.tensor('embedding', 'uint8', [vocabSize, hiddenSize], quantized.values),
        'ids',
        this.#graph.tensor('embedding.scales', 'float32', [vocabSize, quantized.blocks], quantized.scales),
      ],
      { bits: 8n, block_size: BigInt(BLOCK), gather_axis: 0n, quantize_axis: 1n },
      { domain: CONTRIB },
    )
  }

  /** residual and branch are still to be added: the norm's kernel does that on its way. */
  #layer(index: number, residual: string, branch: string | null): [residual: string, branch: string] {
    const weights = this.#weights.layer(index)
    const attention = this.#attention(index, weights, residual, branch)
    const inner = this.#inner(index, weights, attention.residual, attention.branch)
    return [inner.residual, inner.branch]
  }

  #attention(index: number, weights: LayerWeights, residual: string, branch: string | null) {
    const { heads, kvHeads, headDim, hiddenSize } = this.#config
    const { q, k, v } = weights.qkv()
    const output = weights.attentionOutput()
    const inputFactors = this.#factors(index, 'attention', [q.weight, k.weight, v.weight], hiddenSize)
    const valueFactors = this.#valueFactors(index, output.weight)
    if (valueFactors) {
      v.weight = divideRows(v.weight, valueFactors)
      v.bias = v.bias && divideRows(v.bias, valueFactors)
    }
    const norm = this.#norm(`layers.${index}.attention_norm`, weights.attentionNorm(), inputFactors, residual, branch)
    const qkv = this.#linear.product(this.#prepare(index, 'attention', norm.output), {
      name: `layers.${index}.qkv`,
      values: joined([q.weight, k.weight, v.weight]),
      outputs: (heads + 2 * kvHeads) * headDim,
      inputs: hiddenSize,
      bias: q.bias && k.bias && v.bias ? joined([q.bias, k.bias, v.bias]) : null,
      columnFactors: inputFactors,
    })
    const attended = this.#attend(index, weights, qkv)
    const projected = this.#linear.product(this.#prepare(index, 'output', attended), {
      name: `layers.${index}.output`,
      values: output.weight,
      outputs: hiddenSize,
      inputs: heads * headDim,
      bias: output.bias,
      columnFactors: valueFactors && spreadOverHeads(valueFactors, this.#config),
    })
    return { residual: norm.sum, branch: projected }
  }

  /** qkv `[rows, (heads + 2 * kvHeads) * headDim]` to `[rows, heads * headDim]`. */
  #attend(index: number, weights: LayerWeights, qkv: string): string {
    const graph = this.#graph
    const { heads, kvHeads, headDim } = this.#config
    const cacheDims = ['batch', kvHeads, 'capacity', headDim]
    for (const part of ['key', 'value'] as const) {
      graph.input(cacheName('past', index, part), 'float32', cacheDims)
      graph.output(cacheName('present', index, part), 'float32', cacheDims)
    }
    const queries = this.#config.headNorm
      ? this.#normalizedHeads(index, weights, qkv)
      : [graph.node('Reshape', [qkv, 'attention_shape']), '', '']
    const attended = graph.node(
      'GroupQueryAttention',
      [
        ...queries,
        cacheName('past', index, 'key'),
        cacheName('past', index, 'value'),
        'last_positions',
        'longest',
        'cos',
        'sin',
      ],
      { num_heads: BigInt(heads), kv_num_heads: BigInt(kvHeads), do_rotary: 1n },
      {
        domain: CONTRIB,
        outputs: [`layers.${index}.attended`, cacheName('present', index, 'key'), cacheName('present', index, 'value')],
      },
    )
    const flat = graph.shared('flat_heads', 'int64', [2], BigInt64Array.of(-1n, BigInt(heads * headDim)))
    return graph.node('Reshape', [attended, flat])
  }

  /** q, k and v apart, the heads of q and k normalized: `[batch, seq, width]` each. */
  #normalizedHeads(index: number, weights: LayerWeights, qkv: string): string[] {
    const graph = this.#graph
    const { heads, kvHeads, headDim } = this.#config
    const widths = BigInt64Array.from([heads, kvHeads, kvHeads], (count) => BigInt(count * headDim))
    const parts = ['q', 'k', 'v'].map((part) => `layers.${index}.${part}`)
    graph.node('Split', [qkv, graph.shared('qkv_widths', 'int64', [3], widths)], { axis: -1n }, { outputs: parts })
    const norms = weights.headNorms()
    const perHead = graph.shared('per_head', 'int64', [2], BigInt64Array.of(-1n, BigInt(headDim)))
    const normalized = (['q', 'k'] as const).map((part, i) => {
      const split = graph.node('Reshape', [parts[i]!, perHead])
      return this.#plainNorm(`layers.${index}.${part}_norm`, norms[part], split)
    })
    // attention_shape is [batch, seq, width of all]; -1 for the width fits each part.
    return [...normalized, parts[2]!].map((part) => graph.node('Reshape', [part, 'attention_shape']))
  }

  #inner(index: number, weights: LayerWeights, residual: string, branch: string) {
    const graph = this.#graph
    const { hiddenSize, innerSize } = this.#config
    const { gate, up, down } = weights.inner()
    const inputFactors = this.#factors(index, 'inner', [gate, up], hiddenSize)
    const downFactors = this.#factors(index, 'down', [down], innerSize)
    const norm = this.#norm(`layers.${index}.inner_norm`, weights.innerNorm(), inputFactors, residual, branch)
    const prepared = this.#prepare(index, 'inner', norm.output)
    const [gated, raised] = [
      { name: 'gate', values: gate },
      { name: 'up', values: downFactors ? divideRows(up, downFactors) : up },
    ].map(({ name, values }) =>
      this.#linear.product(prepared, {
        name: `layers.${index}.${name}`,
        values,
        outputs: innerSize,
        inputs: hiddenSize,
        bias: null,
        columnFactors: inputFactors,
      }),
    )
    const activated = graph.node('QuickGelu', [gated!], { alpha: 1 }, { domain: CONTRIB })
    const product = graph.node('Mul', [activated, raised!])
    const lowered = this.#linear.product(this.#prepare(index, 'down', product), {
      name: `layers.${index}.down`,
      values: down,
      outputs: hiddenSize,
      inputs: innerSize,
      bias: null,
      columnFactors: downFactors,
    })
    return { residual: norm.sum, branch: lowered }
  }

  #head(residual: string, branch: string, embedding: Float32Array): void {
    const graph = this.#graph
    const { vocabSize, hiddenSize } = this.#config
    // Only the rows whose logits are wanted go through the last projection, a fifth of all the work.
    const rows = [residual, branch].map((values) => graph.node('Gather', [values, 'logit_rows']))
    const normalized = this.#norm('final_norm', this.#weights.finalNorm(), null, rows[0]!, rows[1]!).output
    const values = this.#weights.output() ?? embedding
    const head = { name: 'lm_head', values, outputs: vocabSize, inputs: hiddenSize, bias: null }
    const logits =
      this.#plan.precision === 'float32'
        ? this.#linear.product(this.#linear.prepare(normalized), head)
        : blockProduct(graph, normalized, head)
    graph.node('Identity', [logits], {}, { outputs: ['logits'] })
    graph.output('logits', 'float32', ['logits', vocabSize])
  }

  /** RMS norm of residual + branch (or of the residual alone), and that sum. */
  #norm(name: string, gamma: Float32Array, factors: Float32Array | null, residual: string, branch: string | null) {
    const scaled = factors ? divideRows(gamma, factors) : gamma
    if (branch === null) return { output: this.#plainNorm(name, scaled, residual), sum: residual }
    const sum = `${name}.sum`
    const output = this.#graph.node(
      'SkipSimplifiedLayerNormalization',
      [residual, branch, this.#graph.tensor(name, 'float32', [scaled.length], scaled)],
      { epsilon: this.#config.normEpsilon },
      { domain: CONTRIB, outputs: [`${name}.output`, '', '', sum] },
    )
    return { output, sum }
  }

  #plainNorm(name: string, gamma: Float32Array, values: string): string {
    const weights = this.#graph.tensor(name, 'float32', [gamma.length], gamma)
    return this.#graph.node('SimplifiedLayerNormalization', [values, weights], {
      axis: -1n,
      epsilon: this.#config.normEpsilon,
      stash_type: 1n,
    })
  }

  #prepare(index: number, tap: keyof LayerMaxima, activations: string): Prepared {
    if (this.#plan.precision === 'float32' && this.#plan.taps) {
      const firstAxis = this.#graph.shared('first_axis', 'int64', [1], BigInt64Array.of(0n))
      const absolute = this.#graph.node('Abs', [activations])
      const name = tapName(index, tap)
      this.#graph.node('ReduceMax', [absolute, firstAxis], { keepdims: 0n }, { outputs: [name] })
      this.#graph.output(name, 'float32', [tap === 'down' ? this.#config.innerSize : 'width'])
    }
    return this.#linear.prepare(activations)
  }

  #factors(index: number, tap: keyof LayerMaxima, matrices: Float32Array[], inputs: number): Float32Array | null {
    if (this.#plan.precision === 'float32') return null
    return smoothingFactors(this.#plan.maxima[index]![tap], columnMaxima(matrices, inputs))
  }

  /** `[kvHeads * headDim]`: what v's rows are divided by and o's columns multiplied with. */
  #valueFactors(index: number, output: Float32Array): Float32Array | null {
    if (this.#plan.precision === 'float32') return null
    const { heads, headDim } = this.#config
    const activations = groupMaxima(this.#plan.maxima[index]!.output, this.#config)
    return smoothingFactors(activations, groupMaxima(columnMaxima([output], heads * headDim), this.#config))
  }
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
