// SmoothQuant (arXiv:2211.10438): channels whose activations are large are divided by a factor, and the weights that
// read them multiplied by it. The division costs nothing: it is folded into the norm or projection before.

import type { ModelConfig } from '../../tokenizer/model-config.ts'

/** The largest absolute activation of every channel, as calibration has measured it. */
export interface ActivationMaxima {
  layers: readonly LayerMaxima[]
  /** `[hidden]`: input of the last projection */
  head: Float32Array
}

/** Inputs of groups of products in a layer, and its cache. */
export interface LayerMaxima {
  /** `[hidden]`: input of q, k, v */
  attention: Float32Array
  /** `[hidden]`: input of gate and up */
  inner: Float32Array
  /** `[inner]`: input of down */
  down: Float32Array
  /** `[kvHeads * headDim]`: what the cache holds, keys rotated */
  key: Float32Array
  value: Float32Array
}

/**
 * The paper's alpha: how the difficulty is shared between activations and weights, the more the more goes to these. The
 * last projection has another way to deal with large activations (outliers.ts). Found by trying.
 */
export const ALPHA = { attention: 0.7, inner: 0.6, down: 0.5, head: 0.3 }
const SMALLEST = 1e-5

/** factor = max|activation|^alpha / max|weight|^(1 - alpha), per column of the weights that read the activations. */
export function smoothingFactors(
  activationMaxima: Float32Array,
  weightMaxima: Float32Array,
  alpha: number,
): Float32Array {
  return activationMaxima.map((activation, column) => {
    const weight = Math.max(weightMaxima[column]!, SMALLEST)
    return Math.max(activation, SMALLEST) ** alpha / weight ** (1 - alpha)
  })
}

/** max|weight| of each column over all matrices `[outputs, inputs]`. */
export function columnMaxima(matrices: readonly Float32Array[], inputs: number): Float32Array {
  const maxima = new Float32Array(inputs)
  for (const matrix of matrices) {
    for (let i = 0, column = 0; i < matrix.length; i++, column = column + 1 === inputs ? 0 : column + 1) {
      maxima[column] = Math.max(maxima[column]!, Math.abs(matrix[i]!))
    }
  }
  return maxima
}

/** From `[kvHeads * headDim]` to `[heads * headDim]`: the heads of a group read the same keys and values. */
export function spreadOverHeads(grouped: Float32Array, { heads, kvHeads, headDim }: ModelConfig): Float32Array {
  const group = heads / kvHeads
  return Float32Array.from({ length: heads * headDim }, (_, column) => {
    return grouped[Math.floor(column / headDim / group) * headDim + (column % headDim)]!
  })
}

/** Divides each row (an output) of `[outputs, inputs]` weights, or each element of a vector. */
export function divideRows(values: Float32Array, factors: Float32Array): Float32Array {
  const width = values.length / factors.length
  return values.map((value, i) => value / factors[Math.floor(i / width)]!)
}
