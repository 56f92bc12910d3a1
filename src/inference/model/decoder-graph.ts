// The ONNX graph of a Llama-family decoder. Every activation is `[rows, width]` with rows = batch * seq; only attention
// sees the batch. Attention appends to the KV cache in place: past and present are the same memory.

import type { ModelConfig } from '../../tokenizer/model-config.ts'
import type { CacheScales } from './cache-scales.ts'
import { DecoderLayer } from './decoder-layer.ts'
import type { DecoderWeights } from './decoder-weights.ts'
import type { GraphBuilder } from './graph-builder.ts'
import type { GraphPlan } from './graph-names.ts'
import { blockLookup, blockProduct, Float32Linear, Int8Linear, type LinearNodes } from './linear.ts'
import { addAndNormalize, type Stream } from './norm-nodes.ts'
import { ropeTable } from './rope.ts'

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
  if (plan.precision === 'int8') graph.only('prompts', () => addPromptInputs(graph))
  addRope(graph, config)
  const linear = linearOf(graph, plan)
  const embedding = weights.embedding()
  let stream: Stream = { residual: addEmbedding(graph, config, plan, embedding), branch: null }
  const scales: CacheScales[] = []
  for (let index = 0; index < config.layers; index++) {
    const layer = new DecoderLayer({ graph, config, plan, linear }, index, weights.layer(index))
    stream = layer.add(stream)
    if (layer.scales) scales.push(layer.scales)
    await onLayer(index + 1)
  }
  addHead(graph, weights, plan, { stream, linear, embedding })
  return scales
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

function addPromptInputs(graph: GraphBuilder): void {
  graph.input('parts', 'int64', [2])
  graph.input('prompt_shape', 'int64', [3])
  graph.input('prompt_last', 'int32', [1])
  graph.input('prompt_longest', 'int32', [1])
  graph.input('first_position', 'int64', [1])
}

function linearOf(graph: GraphBuilder, plan: GraphPlan): LinearNodes {
  if (plan.precision === 'float32') return new Float32Linear(graph)
  return new Int8Linear(graph, plan.weightLimit, graph.input('zero_points', 'uint8', ['rows', 1]))
}

function addRope(graph: GraphBuilder, config: ModelConfig): void {
  const { contextLength, headDim } = config
  const { cos, sin } = ropeTable(config, contextLength)
  graph.tensor('cos', 'float32', [contextLength, headDim / 2], cos)
  graph.tensor('sin', 'float32', [contextLength, headDim / 2], sin)
}

/** `[rows, hidden]` */
function addEmbedding(graph: GraphBuilder, config: ModelConfig, plan: GraphPlan, values: Float32Array): string {
  const { vocabSize, hiddenSize } = config
  if (plan.precision === 'float32') {
    return graph.node('Gather', [graph.tensor('embedding', 'float32', [vocabSize, hiddenSize], values), 'ids'])
  }
  return blockLookup(graph, 'ids', { name: 'embedding', values, outputs: vocabSize, inputs: hiddenSize })
}

interface Head {
  stream: Stream
  linear: LinearNodes
  embedding: Float32Array
}

/** Only the rows whose logits are wanted are normalized and projected: that projection is a fifth of all the work. */
function addHead(graph: GraphBuilder, weights: DecoderWeights, plan: GraphPlan, head: Head): void {
  const { vocabSize, hiddenSize, normEpsilon } = weights.config
  const wanted = (values: string) => graph.node('Gather', [values, 'logit_rows'])
  const stream = { residual: wanted(head.stream.residual), branch: wanted(head.stream.branch!) }
  const norm = { name: 'final_norm', weights: weights.finalNorm(), epsilon: normEpsilon }
  const { output } = addAndNormalize(graph, norm, stream)
  const own = weights.output()
  const shape = { values: own ?? head.embedding, outputs: vocabSize, inputs: hiddenSize }
  const logits =
    plan.precision === 'float32'
      ? head.linear.product(head.linear.prepare(output, hiddenSize), { name: own ? 'lm_head' : 'embedding', ...shape })
      : blockProduct(graph, output, { name: own ? 'lm_head' : 'embedding', ...shape })
  graph.node('Identity', [logits], {}, { outputs: ['logits'] })
  graph.output('logits', 'float32', ['logits', vocabSize])
}
