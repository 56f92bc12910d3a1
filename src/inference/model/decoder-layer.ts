// One layer of the decoder as nodes of the graph, with its smoothing folded into the weights.

import type { ModelConfig } from '../../tokenizer/model-config.ts'
import { attend } from './attention-nodes.ts'
import { type CacheScales, cacheScales } from './cache-scales.ts'
import type { LayerWeights, Projection } from './decoder-weights.ts'
import { CONTRIB, type GraphBuilder } from './graph-builder.ts'
import { type GraphPlan, type Tap, tapName } from './graph-names.ts'
import type { LinearNodes, Prepared } from './linear.ts'
import { addAndNormalize, type Norm, type Stream } from './norm-nodes.ts'
import { ALPHA, columnMaxima, divideRows, smoothingFactors, spreadOverHeads } from './smoothing.ts'
import { addTap } from './tap-node.ts'

export interface LayerContext {
  graph: GraphBuilder
  config: ModelConfig
  plan: GraphPlan
  linear: LinearNodes
}

/** The rows whose logits are wanted: of a prompt mostly the last alone. */
export interface WantedRows {
  pick(rows: string): string
  /** Makes the products of picked rows. */
  linear: LinearNodes
}

export class DecoderLayer {
  readonly #context: LayerContext
  readonly #index: number
  readonly #weights: LayerWeights
  /** Of its part of the cache; null where that is float32. */
  readonly scales: CacheScales | null

  constructor(context: LayerContext, index: number, weights: LayerWeights) {
    this.#context = context
    this.#index = index
    this.#weights = weights
    this.scales = context.plan.precision === 'int8' ? cacheScales(context.plan.maxima.layers[index]!) : null
  }

  /** @param wanted of the last layer: behind its attention nobody reads the rows whose logits are not wanted */
  add(stream: Stream, wanted: WantedRows | null = null): Stream {
    const { attended, residual } = this.#attention(stream)
    if (wanted) {
      const picked = { ...attended, values: wanted.pick(attended.values) }
      return this.#rest(picked, wanted.pick(residual), wanted.linear)
    }
    return this.#rest(attended, residual, this.#context.linear)
  }

  #attention(stream: Stream): { attended: Prepared; residual: string } {
    const { graph, config, linear } = this.#context
    const { heads, kvHeads, headDim, hiddenSize } = config
    const { q, k, v } = this.#weights.qkv()
    const inputFactors = this.#factors('attention', [q.weight, k.weight, v.weight], hiddenSize)
    const { key: keyScales, value: valueScales } = this.scales ?? { key: null, value: null }
    const parts = [q, k, valueScales ? divided(v, valueScales) : v]
    const norm = this.#norm('attention_norm', this.#weights.attentionNorm(), inputFactors)
    const { output: normalized, sum } = addAndNormalize(graph, norm, stream)
    this.#tap('attention', normalized)
    const qkv = linear.product(linear.prepare(normalized, hiddenSize), {
      name: this.#name('qkv'),
      values: joined(parts.map((part) => part.weight)),
      outputs: (heads + 2 * kvHeads) * headDim,
      inputs: hiddenSize,
      bias: q.bias && joined(parts.map((part) => part.bias!)),
      columnFactors: inputFactors,
    })
    const attended = attend(graph, config, { layer: this.#index, weights: this.#weights, qkv, keyScales })
    return { attended, residual: sum }
  }

  /** What comes behind the attention. */
  #rest(attended: Prepared, residual: string, linear: LinearNodes): Stream {
    const { heads, headDim, hiddenSize } = this.#context.config
    const { weight, bias } = this.#weights.attentionOutput()
    const branch = linear.product(attended, {
      name: this.#name('output'),
      values: weight,
      outputs: hiddenSize,
      inputs: heads * headDim,
      bias,
      columnFactors: this.scales && spreadOverHeads(this.scales.value, this.#context.config),
    })
    return this.#inner({ residual, branch }, linear)
  }

  /** down(silu(gate(x)) * up(x)) */
  #inner(stream: Stream, linear: LinearNodes): Stream {
    const { graph, config } = this.#context
    const { hiddenSize, innerSize } = config
    const { gate, up, down } = this.#weights.inner()
    const inputFactors = this.#factors('inner', [gate, up], hiddenSize)
    const downFactors = this.#factors('down', [down], innerSize)
    const norm = this.#norm('inner_norm', this.#weights.innerNorm(), inputFactors)
    const { output: normalized, sum } = addAndNormalize(graph, norm, stream)
    this.#tap('inner', normalized)
    const prepared = linear.prepare(normalized, hiddenSize)
    const widening = { outputs: innerSize, inputs: hiddenSize, columnFactors: inputFactors }
    const gated = linear.product(prepared, { name: this.#name('gate'), values: gate, ...widening })
    const raised = linear.unscaledProduct(prepared, {
      name: this.#name('up'),
      values: downFactors ? divideRows(up, downFactors) : up,
      ...widening,
    })
    // QuickGelu is x * sigmoid(alpha * x): with alpha 1 it is silu.
    const activated = graph.node('QuickGelu', [gated], { alpha: 1 }, { domain: CONTRIB })
    const product = graph.node('Mul', [activated, raised])
    this.#tap('down', product)
    const branch = linear.product(linear.prepare(product, innerSize, prepared.scale), {
      name: this.#name('down'),
      values: down,
      outputs: hiddenSize,
      inputs: innerSize,
      columnFactors: downFactors,
    })
    return { residual: sum, branch }
  }

  #norm(name: string, weights: Float32Array, factors: Float32Array | null): Norm {
    const smoothed = factors ? divideRows(weights, factors) : weights
    return { name: this.#name(name), weights: smoothed, epsilon: this.#context.config.normEpsilon }
  }

  #tap(tap: Tap, activations: string): void {
    const { graph, plan } = this.#context
    if (plan.precision === 'float32' && plan.taps) addTap(graph, tapName(this.#index, tap), activations)
  }

  #name(part: string): string {
    return `layers.${this.#index}.${part}`
  }

  /** What the norm before is divided by and the columns of its readers are multiplied with; null without smoothing. */
  #factors(tap: Tap, readers: Float32Array[], inputs: number): Float32Array | null {
    const { plan } = this.#context
    if (plan.precision === 'float32') return null
    return smoothingFactors(plan.maxima.layers[this.#index]![tap], columnMaxima(readers, inputs), ALPHA[tap])
  }
}

function divided({ weight, bias }: Projection, factors: Float32Array): Projection {
  return { weight: divideRows(weight, factors), bias: bias && divideRows(bias, factors) }
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
