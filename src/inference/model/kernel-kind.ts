// Which weights this machine's integer kernel takes. Without VNNI it adds two products in 16 bits, and 255 * 127 twice
// does not fit: it saturates. Weights of 7 bits avoid that (255 * 63 twice is 32,130).

import { InferenceSession, Tensor } from 'onnxruntime-node'
import { CONTRIB } from './graph-builder.ts'
import { encodeModel } from './onnx-proto.ts'

export type WeightBits = 8 | 7

const INPUTS = 64
const OUTPUTS = 32

/** Multiplies the largest values once and looks whether the sum is right. */
export async function supportedWeightBits(): Promise<WeightBits> {
  const session = await InferenceSession.create(extremeProduct())
  try {
    for (const rows of [1, 8]) {
      const activations = new Tensor('uint8', new Uint8Array(rows * INPUTS).fill(255), [rows, INPUTS])
      const { product } = await session.run({ activations })
      if ((product!.data as Float32Array).some((sum) => sum !== 255 * 127 * INPUTS)) return 7
    }
    return 8
  } finally {
    await session.release()
  }
}

function extremeProduct(): Uint8Array {
  const one = new Uint8Array(Float32Array.of(1).buffer)
  return encodeModel({
    name: 'extremes',
    opset: 21,
    inputs: [{ name: 'activations', type: 'uint8', dims: ['rows', INPUTS] }],
    outputs: [{ name: 'product', type: 'float32', dims: ['rows', OUTPUTS] }],
    tensors: [
      { name: 'weights', type: 'int8', dims: [INPUTS, OUTPUTS], data: new Uint8Array(INPUTS * OUTPUTS).fill(127) },
      { name: 'one', type: 'float32', dims: [], data: one },
    ],
    nodes: [
      {
        op: 'MatMulIntegerToFloat',
        domain: CONTRIB,
        inputs: ['activations', 'weights', 'one', 'one'],
        outputs: ['product'],
        attributes: {},
      },
    ],
  })
}
