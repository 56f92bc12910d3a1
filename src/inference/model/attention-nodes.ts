// Attention as nodes of the graph: rotation, the KV cache and the softmax are one kernel. In float32 that kernel does
// all; in int8 there are two graphs, because the kernel over an 8-bit cache is the faster one for single tokens and the
// slower one for prompts.

import type { ModelConfig } from '../../tokenizer/model-config.ts'
import type { LayerWeights } from './decoder-weights.ts'
import { CONTRIB, type GraphBuilder } from './graph-builder.ts'
import { cacheName, rowsName } from './graph-names.ts'
import { one, type Prepared, roundSteps } from './linear.ts'
import { normalize } from './norm-nodes.ts'

interface Attention {
  layer: number
  qkv: string
  /** `[kvHeads * headDim]`: what the keys' 8 bits stand for; those of values are values. null: the cache is float32. */
  keyScales: Float32Array | null
  weights: LayerWeights
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
type Queries = readonly [packed: string, none: '', none: ''] | Apart
type Apart = readonly [q: string, k: string, v: string]

/** Stands for any row there is. */
const LAST_ROW = 2n ** 62n

/** Where q, k and v stand in a row of the three. */
function columnsOf({ heads, kvHeads, headDim }: ModelConfig) {
  const [k, v, end] = [heads, heads + kvHeads, heads + 2 * kvHeads].map((count) => count * headDim) as [
    number,
    number,
    number,
  ]
  return [
    { part: 'q', from: 0, to: k },
    { part: 'k', from: k, to: v },
    { part: 'v', from: v, to: end },
  ] as const
}

/** Row and column `[2]` where the prompt's q, k or v begin in qkv. */
const promptStart = (part: 'q' | 'k' | 'v') => `prompt_${part}`

/** The inputs of a graph that also takes a prompt, and what all layers need of them. */
export function addPromptInputs(graph: GraphBuilder, config: ModelConfig): void {
  graph.input('prompt_row', 'int64', [1])
  graph.input('prompt_shape', 'int64', [3])
  graph.input('prompt_last', 'int32', [1])
  graph.input('prompt_longest', 'int32', [1])
  graph.input('first_position', 'int64', [1])
  for (const { part, from } of columnsOf(config)) {
    const column = graph.tensor(`column_of_${part}`, 'int64', [1], BigInt64Array.of(BigInt(from)))
    graph.node('Concat', ['prompt_row', column], { axis: 0n }, { outputs: [promptStart(part)] })
  }
}

/**
 * qkv `[rows, (heads + 2 * kvHeads) * headDim]` to what a product starts from, `[rows, heads * headDim]`; appends to the
 * layer's cache.
 */
export function attend(graph: GraphBuilder, config: ModelConfig, attention: Attention): Prepared {
  const output = `layers.${attention.layer}.heads`
  const node = new AttentionNodes(graph, config, attention, output)
  if (attention.keyScales === null) node.addForFloat32()
  else {
    graph.only('steps', () => node.addForSteps())
    graph.only('prompts', () => node.addForPrompts())
  }
  return { values: output, scale: null }
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
    const firstAxis = graph.shared('first_axis', 'int64', [1], BigInt64Array.of(0n))
    const steps = graph.node('Slice', [this.#attention.qkv, firstAxis, 'prompt_row', firstAxis])
    const [stepsOutput, promptOutput] = [graph.name('attended'), graph.name('attended')]
    this.#addKernel(this.#queries(steps), { part: stepsPart, cache: 'int8' }, stepsOutput)
    const [q, k, v] = this.#shaped(this.#ofPrompt(), promptPart.shape)
    const rotated = (values: string) =>
      graph.node('RotaryEmbedding', [values, 'first_position', 'cos', 'sin'], {}, { domain: CONTRIB })
    const queries = [rotated(q), this.#storedKeys(rotated(k)), this.#stored('value', v)] as const
    this.#addKernel(queries, { part: promptPart, cache: 'float32' }, promptOutput)
    graph.node('Concat', [stepsOutput, promptOutput], { axis: 0n }, { outputs: [this.#output] })
  }

  #storedKeys(keys: string): string {
    const graph = this.#graph
    const scales = this.#attention.keyScales!
    const name = `layers.${this.#attention.layer}.keys_per_step`
    const perStep = scales.map((scale) => 1 / scale)
    const inSteps = graph.node('Mul', [keys, graph.tensor(name, 'float32', [scales.length], perStep)])
    return graph.node('Mul', [this.#stored('key', inSteps), this.#keyScales()])
  }

  #keyScales(): string {
    const scales = this.#attention.keyScales!
    return this.#graph.shared(`layers.${this.#attention.layer}.key_scales`, 'float32', [scales.length], scales)
  }

  /** Values come in steps as they are, but the kernel wants both scales alike. */
  #valueScales(): string {
    const width = this.#config.kvHeads * this.#config.headDim
    return this.#graph.shared('value_scales', 'float32', [width], new Float32Array(width).fill(1))
  }

  /** Rounds what comes in steps of the cache; the 8 bits are an output. With one scale for all, rounding is fast. */
  #stored(part: 'key' | 'value', values: string): string {
    const graph = this.#graph
    const { kvHeads, headDim } = this.#config
    const step = [one(graph), graph.shared('no_offset', 'int8', [], Int8Array.of(0))]
    const rows = rowsName(this.#attention.layer, part)
    graph.node('QuantizeLinear', [values, ...step], {}, { outputs: [rows] })
    graph.output(rows, 'int8', [1, 'rows', kvHeads * headDim])
    return graph.node('DequantizeLinear', [rows, ...step])
  }

  #addKernel(queries: Queries, { part, cache }: { part: Part; cache: 'float32' | 'int8' }, output: string): void {
    const graph = this.#graph
    const { heads, kvHeads, headDim } = this.#config
    const { layer } = this.#attention
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
            inputs: [...inputs, '', '', '', this.#keyScales(), this.#valueScales()],
            attributes: { ...attributes, ...quantized },
          }
    const attended = graph.name('attended')
    graph.node('GroupQueryAttention', kernel.inputs, kernel.attributes, {
      domain: CONTRIB,
      outputs: [attended, ...present],
    })
    const flat = graph.shared('flat_heads', 'int64', [2], BigInt64Array.of(-1n, BigInt(heads * headDim)))
    graph.node('Reshape', [this.#prepared(attended), flat], {}, { outputs: [output] })
  }

  /** Values come in steps of the cache, and averages of them go no further. */
  #prepared(attended: string): string {
    return this.#attention.keyScales === null ? attended : roundSteps(this.#graph, attended)
  }

  #queries(qkv: string): Queries {
    if (this.#config.headNorm) return this.#apart(qkv, stepsPart.shape)
    return [this.#graph.node('Reshape', [qkv, stepsPart.shape]), '', '']
  }

  #apart(qkv: string, shape: string): Apart {
    const graph = this.#graph
    const names: Apart = [graph.name('q'), graph.name('k'), graph.name('v')]
    const widths = BigInt64Array.from(columnsOf(this.#config), ({ from, to }) => BigInt(to - from))
    const stored = graph.shared('qkv_widths', 'int64', [3], widths)
    graph.node('Split', [qkv, stored], { axis: -1n }, { outputs: [...names] })
    return this.#shaped(names, shape)
  }

  /** The prompt's rows, q, k and v apart: each is copied once. */
  #ofPrompt(): Apart {
    const graph = this.#graph
    const axes = graph.shared('both_axes', 'int64', [2], BigInt64Array.of(0n, 1n))
    const parts = columnsOf(this.#config).map(({ part, to }) => {
      const end = graph.shared(`end_of_${part}`, 'int64', [2], BigInt64Array.of(LAST_ROW, BigInt(to)))
      return graph.node('Slice', [this.#attention.qkv, promptStart(part), end, axes])
    })
    return parts as unknown as Apart
  }

  /** Qwen3 normalizes each head of q and k on the way. */
  #shaped([q, k, v]: Apart, shape: string): Apart {
    const { headNorm } = this.#config
    const shaped = (values: string) => this.#graph.node('Reshape', [values, shape])
    if (!headNorm) return [shaped(q), shaped(k), shaped(v)]
    return [shaped(this.#normalized(q, 'q')), shaped(this.#normalized(k, 'k')), shaped(v)]
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
