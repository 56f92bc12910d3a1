// Rows of an 8-bit embedding by id, as nodes of the graph. A scale per block of 32 is nearly exact, and costs nothing here.

import type { GraphBuilder } from './graph-builder.ts'
import { BLOCK, quantizeBlocks } from './quantize.ts'

interface Embedding {
  name: string
  /** `[ids, width]` */
  values: Float32Array
  width: number
}

/** `[rows, width]` */
export function blockLookup(graph: GraphBuilder, ids: string, { name, values, width }: Embedding): string {
  const quantized = quantizeBlocks(values)
  const count = values.length / width
  const steps = graph.tensor(name, 'int8', [count, width], quantized.values)
  const scales = graph.tensor(`${name}.scales`, 'float32', [count, width / BLOCK], quantized.scales)
  const rows = [steps, scales].map((stored) => graph.node('Gather', [stored, ids]))
  return graph.node('DequantizeLinear', rows, { axis: 1n, block_size: BigInt(BLOCK) })
}
