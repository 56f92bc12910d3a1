// What calibration reads: the largest absolute activation of every channel, as an output of the graph.

import type { GraphBuilder } from './graph-builder.ts'

/** @param activations `[rows, channels]` */
export function addTap(graph: GraphBuilder, name: string, activations: string): void {
  const firstAxis = graph.shared('first_axis', 'int64', [1], BigInt64Array.of(0n))
  graph.node('ReduceMax', [graph.node('Abs', [activations]), firstAxis], { keepdims: 0n }, { outputs: [name] })
  graph.output(name, 'float32', ['channels'])
}
