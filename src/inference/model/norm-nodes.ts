// RMS normalization as nodes of the graph.

import { CONTRIB, type GraphBuilder } from './graph-builder.ts'

export interface Norm {
  name: string
  /** The channels' weights, smoothing already folded in. */
  weights: Float32Array
  epsilon: number
}

/** The residual stream with a branch that is still to be added to it; the norm's kernel adds them on its way. */
export interface Stream {
  residual: string
  /** null: nothing is to be added. */
  branch: string | null
}

/** values / sqrt(mean(values^2) + epsilon) * weights, over the last dimension (arXiv:1910.07467). */
export function normalize(graph: GraphBuilder, { name, weights, epsilon }: Norm, values: string): string {
  const stored = graph.tensor(name, 'float32', [weights.length], weights)
  return graph.node('SimplifiedLayerNormalization', [values, stored], { axis: -1n, epsilon, stash_type: 1n })
}

/** Adds the branch and normalizes; `sum` is the residual stream from there on. */
export function addAndNormalize(graph: GraphBuilder, norm: Norm, { residual, branch }: Stream) {
  if (branch === null) return { output: normalize(graph, norm, residual), sum: residual }
  const { name, weights, epsilon } = norm
  const sum = `${name}.sum`
  const stored = graph.tensor(name, 'float32', [weights.length], weights)
  const output = graph.node(
    'SkipSimplifiedLayerNormalization',
    [residual, branch, stored],
    { epsilon },
    { domain: CONTRIB, outputs: [`${name}.output`, '', '', sum] },
  )
  return { output, sum }
}
