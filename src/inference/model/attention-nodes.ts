// Attention as nodes of the graph: rotation, the KV cache and the softmax are one kernel.

import type { ModelConfig } from '../../tokenizer/model-config.ts'
import type { LayerWeights } from './decoder-weights.ts'
import { CONTRIB, type GraphBuilder } from './graph-builder.ts'
import { cacheName } from './graph-names.ts'
import { normalize } from './norm-nodes.ts'

/** q, k and v as the kernel takes them: packed in the first, or one by one. */
type Queries = [packed: string, none: '', none: ''] | [q: string, k: string, v: string]

/** qkv `[rows, (heads + 2 * kvHeads) * headDim]` to `[rows, heads * headDim]`; appends to the layer's cache. */
export function attend(
  graph: GraphBuilder,
  config: ModelConfig,
  { layer, weights, qkv }: { layer: number; weights: LayerWeights; qkv: string },
): string {
  const { heads, kvHeads, headDim, headNorm } = config
  const queries = headNorm ? normalizedHeads(graph, config, layer, weights, qkv) : packed(graph, qkv)
  const cacheDims = ['batch', kvHeads, 'capacity', headDim]
  for (const part of ['key', 'value'] as const) {
    graph.input(cacheName('past', layer, part), 'float32', cacheDims)
    graph.output(cacheName('present', layer, part), 'float32', cacheDims)
  }
  const attended = graph.node(
    'GroupQueryAttention',
    [
      ...queries,
      cacheName('past', layer, 'key'),
      cacheName('past', layer, 'value'),
      'last_positions',
      'longest',
      'cos',
      'sin',
    ],
    { num_heads: BigInt(heads), kv_num_heads: BigInt(kvHeads), do_rotary: 1n },
    {
      domain: CONTRIB,
      outputs: [`layers.${layer}.attended`, cacheName('present', layer, 'key'), cacheName('present', layer, 'value')],
    },
  )
  const flat = graph.shared('flat_heads', 'int64', [2], BigInt64Array.of(-1n, BigInt(heads * headDim)))
  return graph.node('Reshape', [attended, flat])
}

function packed(graph: GraphBuilder, qkv: string): Queries {
  return [graph.node('Reshape', [qkv, 'attention_shape']), '', '']
}

/** Qwen3 normalizes each head of q and k, so the three come apart: `[batch, seq, width]` each. */
function normalizedHeads(
  graph: GraphBuilder,
  { heads, kvHeads, headDim, normEpsilon }: ModelConfig,
  layer: number,
  weights: LayerWeights,
  qkv: string,
): Queries {
  const widths = BigInt64Array.from([heads, kvHeads, kvHeads], (count) => BigInt(count * headDim))
  const [q, k, v] = ['q', 'k', 'v'].map((part) => `layers.${layer}.${part}`) as [string, string, string]
  const stored = graph.shared('qkv_widths', 'int64', [3], widths)
  graph.node('Split', [qkv, stored], { axis: -1n }, { outputs: [q, k, v] })
  const perHead = graph.shared('per_head', 'int64', [2], BigInt64Array.of(-1n, BigInt(headDim)))
  const norms = weights.headNorms()
  const normalized = (values: string, part: 'q' | 'k') => {
    const norm = { name: `layers.${layer}.${part}_norm`, weights: norms[part], epsilon: normEpsilon }
    return normalize(graph, norm, graph.node('Reshape', [values, perHead]))
  }
  const apart = (values: string) => graph.node('Reshape', [values, 'attention_shape'])
  return [apart(normalized(q, 'q')), apart(normalized(k, 'k')), apart(v)]
}
