// A product with 8-bit weights as exporters write it.

import { CONTRIB, type GraphBuilder } from '../../src/inference/model/graph-builder.ts'
import { BLOCK, quantizeBlocks } from '../../src/inference/model/quantize.ts'

export interface BlockWeights {
  name: string
  /** `[outputs, inputs]` */
  values: Float32Array
  outputs: number
  inputs: number
}

/** Weights with a scale per block of 32; the kernel quantizes activations itself, also in blocks. */
export function blockProduct(
  graph: GraphBuilder,
  activations: string,
  { name, values, outputs, inputs }: BlockWeights,
): string {
  const blocks = inputs / BLOCK
  const quantized = quantizeBlocks(values)
  // Without a sign: 128 stands for zero.
  const unsigned = Uint8Array.from(quantized.values, (step) => step + 128)
  return graph.node(
    'MatMulNBits',
    [
      activations,
      graph.tensor(name, 'uint8', [outputs, blocks, BLOCK], unsigned),
      graph.tensor(`${name}.scales`, 'float32', [outputs * blocks], quantized.scales),
    ],
    { K: BigInt(inputs), N: BigInt(outputs), bits: 8n, block_size: BigInt(BLOCK), accuracy_level: 4n },
    { domain: CONTRIB },
  )
}
