// Attention as nodes of the graph: rotation, the KV cache and the softmax are one kernel. In float32 that kernel does
// all; in int8 there are two graphs, because the kernel over an 8-bit cache is the faster one for single tokens and the
// slower one for prompts.

import type { ModelConfig } from '../../tokenizer/model-config.ts'
import type { CacheScales } from './cache-scales.ts'
import type { LayerWeights } from './decoder-weights.ts'
import { CONTRIB, type GraphBuilder } from './graph-builder.ts'
import { cacheName, rowsName } from './graph-names.ts'
import { normalize } from './norm-nodes.ts'

interface Attention {
  layer: number
  weights: LayerWeights
  qkv: string
  /** null: the cache is float32. */
  scales: CacheScales | null
}

/** The rows that a kernel works on, by the names of its inputs. */
interface Part {
  /** Whose cache it is: see cacheName. */
  owner: 'slots' | 'prompt'
  shape: string
  lastPositions: string
  longest: string
  /** Whether q and k come as they are, and the kernel rotates them. */
  rotates: boolean
}

const stepsPart: Part = {
  ...{ owner: 'slots', shape: 'attention_shape', lastPositions: 'last_positions', longest: 'longest', rotates: true },
}
const promptPart: Part = {
  ...{
    owner: 'prompt',
    shape: 'prompt_shape',
    lastPositions: 'prompt_last',
    longest: 'prompt_longest',
    rotates: false,
  },
}

/** q, k and v as the kernel takes them: packed in the first, or one by one `[batch, seq, width]`. */
type Queries = readonly [packed: string, none: '', none: ''] | readonly [q: string, k: string, v: string]

/** qkv `[rows, (heads + 2 * kvHeads) * headDim]` to `[rows, heads * headDim]`; appends to the layer's cache. */
export function attend(graph: GraphBuilder, config: ModelConfig, attention: Attention): string {
  const output = `layers.${attention.layer}.heads`
  const node = new AttentionNodes(graph, config, attention, output)
  if (attention.scales === null) node.addForFloat32()
  else {
    graph.only('steps', () => node.addForSteps())
    graph.only('prompts', () => node.addForPrompts())
  }
  return output
}

/** The nodes of one layer. Each of the three ways ends in `output`. */
class AttentionNodes {
  readonly #graph: GraphBuilder
  readonly #config: ModelConfig
  readonly #attention: Attention
  readonly #output: string

  constructor(graph: GraphBuilder, config: ModelConfig, attention: Attention, output: string) {
    this.#graph = graph
    this.#config = config
    this.#attention = attention
    this.#output = output
  }

  addForFloat32(): void {
    this.#addKernel(this.#queries(this.#attention.qkv), { part: stepsPart, cache: 'float32' }, this.#output)
  }

  /** The cache is int8. Each token's result is the same bits, however many run together. */
  addForSteps(): void {
    this.#addKernel(this.#queries(this.#attention.qkv), { part: stepsPart, cache: 'int8' }, this.#output)
  }

  /**
   * The first rows are steps, as above, the others a prompt's: over a float32 copy of its sequence's rows. Its k and v
   * are brought to the values that their 8 bits stand for, so that it makes no difference whether rows were computed just
   * now or come from the cache. The 8 bits are outputs.
   */
  addForPrompts(): void {
    const graph = this.#graph
    const { key, value } = this.#attention.scales!
    const [steps, prompt] = [graph.name('steps'), graph.name('prompt')]
    graph.node('Split', [this.#attention.qkv, 'parts'], { axis: 0n }, { outputs: [steps, prompt] })
    const [stepsOutput, promptOutput] = [graph.name('attended'), graph.name('attended')]
    this.#addKernel(this.#queries(steps), { part: stepsPart, cache: 'int8' }, stepsOutput)
    const [q, k, v] = this.#apart(prompt, promptPart.shape)
    const rotated = (values: string) =>
      graph.node('RotaryEmbedding', [values, 'first_position', 'cos', 'sin'], {}, { domain: CONTRIB })
    const queries = [rotated(q), this.#stored('key', rotated(k), key), this.#stored('value', v, value)] as const
    this.#addKernel(queries, { part: promptPart, cache: 'float32' }, promptOutput)
    graph.node('Concat', [stepsOutput, promptOutput], { axis: 0n }, { outputs: [this.#output] })
  }

  /** Rounds to steps of the scales, and back. With one scale for all, as here after the product, rounding is fast. */
  #stored(part: 'key' | 'value', values: string, scales: Float32Array): string {
    const graph = this.#graph
    const width = scales.length
    const prefix = `layers.${this.#attention.layer}.${part}`
    const inverse = graph.tensor(
      `${prefix}.cache_steps`,
      'float32',
      [width],
      scales.map((scale) => 1 / scale),
    )
    const scale = graph.shared(`${prefix}.cache_scales`, 'float32', [width], scales)
    const [one, zero] = [
      graph.shared('one', 'float32', [], Float32Array.of(1)),
      graph.shared('no_offset', 'int8', [], Int8Array.of(0)),
    ]
    const rows = rowsName(this.#attention.layer, part)
    graph.node('QuantizeLinear', [graph.node('Mul', [values, inverse]), one, zero], {}, { outputs: [rows] })
    graph.output(rows, 'int8', [1, 'rows', width])
    return graph.node('Mul', [graph.node('DequantizeLinear', [rows, one, zero]), scale])
  }

  #addKernel(queries: Queries, { part, cache }: { part: Part; cache: 'float32' | 'int8' }, output: string): void {
    const graph = this.#graph
    const { heads, kvHeads, headDim } = this.#config
    const { layer, scales } = this.#attention
    const [past, present] = (['past', 'present'] as const).map((kind) =>
      (['key', 'value'] as const).map((rows) => cacheName(kind, layer, rows, part.owner)),
    ) as [string[], string[]]
    for (const name of past) graph.input(name, cache, ['batch', kvHeads, 'capacity', headDim])
    for (const name of present) graph.output(name, cache, ['batch', kvHeads, 'capacity', headDim])
    const inputs = [...queries, ...past, part.lastPositions, part.longest, ...(part.rotates ? ['cos', 'sin'] : [])]
    const attributes = { num_heads: BigInt(heads), kv_num_heads: BigInt(kvHeads), do_rotary: part.rotates ? 1n : 0n }
    const quantized = { k_quant_type: 'PER_CHANNEL', v_quant_type: 'PER_CHANNEL', kv_cache_bit_width: 8n }
    const kernel =
      cache === 'float32'
        ? { inputs, attributes }
        : {
            // Positions, bias and sinks, which stand between, are left out.
            inputs: [...inputs, '', '', '', ...this.#scaleTensors(scales!)],
            attributes: { ...attributes, ...quantized },
          }
    const attended = graph.name('attended')
    graph.node('GroupQueryAttention', kernel.inputs, kernel.attributes, {
      domain: CONTRIB,
      outputs: [attended, ...present],
    })
    const flat = graph.shared('flat_heads', 'int64', [2], BigInt64Array.of(-1n, BigInt(heads * headDim)))
    graph.node('Reshape', [attended, flat], {}, { outputs: [output] })
  }

  #scaleTensors({ key, value }: CacheScales): string[] {
    const { layer } = this.#attention
    const width = this.#config.kvHeads * this.#config.headDim
    return Object.entries({ key, value }).map(([part, scales]) =>
      this.#graph.shared(`layers.${layer}.${part}.cache_scales`, 'float32', [width], scales),
    )
  }

  #queries(qkv: string): Queries {
    if (this.#config.headNorm) return this.#apart(qkv, stepsPart.shape)
    return [this.#graph.node('Reshape', [qkv, stepsPart.shape]), '', '']
  }

  /** Qwen3 normalizes each head of q and k on the way. */
  #apart(qkv: string, shape: string): readonly [q: string, k: string, v: string] {
    const { heads, kvHeads, headDim, headNorm } = this.#config
    const graph = this.#graph
    const names = ['q', 'k', 'v'].map((name) => graph.name(name))
    const widths = BigInt64Array.from([heads, kvHeads, kvHeads], (count) => BigInt(count * headDim))
    const stored = graph.shared('qkv_widths', 'int64', [3], widths)
    graph.node('Split', [qkv, stored], { axis: -1n }, { outputs: names })
    const [q, k, v] = names as [string, string, string]
    const apart = (values: string) => graph.node('Reshape', [values, shape])
    if (!headNorm) return [apart(q), apart(k), apart(v)]
    return [apart(this.#normalized(q, 'q')), apart(this.#normalized(k, 'k')), apart(v)]
  }

  #normalized(values: string, part: 'q' | 'k'): string {
    const graph = this.#graph
    const { headDim, normEpsilon } = this.#config
    const { layer, weights } = this.#attention
    const perHead = graph.shared('per_head', 'int64', [2], BigInt64Array.of(-1n, BigInt(headDim)))
    const norm = { name: `layers.${layer}.${part}_norm`, weights: weights.headNorms()[part], epsilon: normEpsilon }
    return normalize(graph, norm, graph.node('Reshape', [values, perHead]))
  }
}
