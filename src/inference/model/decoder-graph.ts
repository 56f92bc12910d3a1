// The ONNX graph of a Llama-family decoder. Every activation is `[rows, width]` with rows = batch * seq; only attention
// sees the batch. Attention appends to the KV cache in place: past and present are the same memory.

import type { ModelConfig } from '../../tokenizer/model-config.ts'
import { addPromptInputs } from './attention-nodes.ts'
import type { CacheScales } from './cache-scales.ts'
import { DecoderLayer } from './decoder-layer.ts'
import type { DecoderWeights } from './decoder-weights.ts'
import { blockLookup } from './embedding-nodes.ts'
import type { GraphBuilder } from './graph-builder.ts'
import type { GraphPlan } from './graph-names.ts'
import { HeadNodes } from './head-nodes.ts'
import { Float32Linear, Int8Linear, type LinearNodes } from './linear.ts'
import type { Stream } from './norm-nodes.ts'
import { ropeTable } from './rope.ts'

/** The input that the integer products need, and the tensor that ids are looked up in. */
const ZERO_POINTS = 'zero_points'
const EMBEDDING = 'embedding'

/**
 * Adds the whole decoder; `onLayer` is waited for after each layer's weights are written.
 * @returns the scales of each layer's cache, none where it is float32
 */
export async function addDecoder(
  graph: GraphBuilder,
  weights: DecoderWeights,
  plan: GraphPlan,
  onLayer: (done: number) => Promise<void>,
): Promise<CacheScales[]> {
  const { config } = weights
  addInputs(graph)
  if (plan.precision === 'int8') {
    graph.input(ZERO_POINTS, 'uint8', ['rows', 1])
    graph.only('prompts', () => addPromptInputs(graph, config))
  }
  addRope(graph, config)
  const linear = productsOf(graph, plan, () => ZERO_POINTS)
  const pick = (rows: string) => graph.node('Gather', [rows, 'logit_rows'])
  const wanted = { pick, linear: productsOf(graph, plan, () => pick(ZERO_POINTS)) }
  let stream: Stream = { residual: addEmbedding(graph, weights, plan), branch: null }
  const scales: CacheScales[] = []
  for (let index = 0; index < config.layers; index++) {
    const layer = new DecoderLayer({ graph, config, plan, linear }, index, weights.layer(index))
    stream = layer.add(stream, index === config.layers - 1 ? wanted : null)
    if (layer.scales) scales.push(layer.scales)
    await onLayer(index + 1)
  }
  const head = new HeadNodes(graph, weights, stream)
  if (plan.precision === 'float32') head.addFloat32(plan, EMBEDDING)
  else head.addInt8(plan, wanted.linear)
  return scales
}

/** `zeroPoints` of the rows that are multiplied; see Int8Linear. */
function productsOf(graph: GraphBuilder, plan: GraphPlan, zeroPoints: () => string): LinearNodes {
  return plan.precision === 'float32' ? new Float32Linear(graph) : new Int8Linear(graph, plan.weightLimit, zeroPoints())
}

function addInputs(graph: GraphBuilder): void {
  // First, so that the binding meets it before all others: see runInPlace in graph-pass.ts.
  graph.node('SequenceEmpty', [], {}, { outputs: ['stop'] })
  graph.listOutput('stop', 'float32')
  graph.input('ids', 'int32', ['rows'])
  graph.input('attention_shape', 'int64', [3])
  graph.input('last_positions', 'int32', ['batch'])
  graph.input('longest', 'int32', [1])
  graph.input('logit_rows', 'int32', ['logits'])
}

function addRope(graph: GraphBuilder, config: ModelConfig): void {
  const { contextLength, headDim } = config
  const { cos, sin } = ropeTable(config, contextLength)
  graph.tensor('cos', 'float32', [contextLength, headDim / 2], cos)
  graph.tensor('sin', 'float32', [contextLength, headDim / 2], sin)
}

/** `[rows, hidden]` */
function addEmbedding(graph: GraphBuilder, weights: DecoderWeights, plan: GraphPlan): string {
  const { vocabSize, hiddenSize } = weights.config
  const values = weights.embedding()
  if (plan.precision === 'int8') return blockLookup(graph, 'ids', { name: EMBEDDING, values, width: hiddenSize })
  return graph.node('Gather', [graph.tensor(EMBEDDING, 'float32', [vocabSize, hiddenSize], values), 'ids'])
}
