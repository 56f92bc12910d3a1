// SmoothQuant (arXiv:2211.10438): channels whose activations are large are divided by a factor, and the weights that
// read them multiplied by it. The division costs nothing: it is folded into the norm or projection before.

import type { ModelConfig } from '../../tokenizer/model-config.ts'

/** The largest absolute activation of every channel: inputs of each layer's four groups of products, and its cache. */
export interface LayerMaxima {
  /** `[hidden]`: input of q, k, v */
  attention: Float32Array
  /** `[heads * headDim]`: input of o */
  output: Float32Array
  /** `[hidden]`: input of gate and up */
  inner: Float32Array
  /** `[inner]`: input of down */
  down: Float32Array
  /** `[kvHeads * headDim]`: what the cache holds, keys rotated */
  key: Float32Array
  value: Float32Array
}

/** The paper's alpha: how the difficulty is shared between activations and weights. */
const ALPHA = 0.5
const SMALLEST = 1e-5

/** factor = max|activation|^alpha / max|weight|^(1 - alpha), per column of the weights that read the activations. */
export function smoothingFactors(activationMaxima: Float32Array, weightMaxima: Float32Array): Float32Array {
  return activationMaxima.map((activation, column) => {
    const weight = Math.max(weightMaxima[column]!, SMALLEST)
    return Math.max(activation, SMALLEST) ** ALPHA / weight ** (1 - ALPHA)
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

/**
 * For the input of o: the heads of a group read the same values, so they share a factor. From `[heads * headDim]`
 * columns to `[kvHeads * headDim]` values by the largest of each group.
 */
export function groupMaxima(maxima: Float32Array, { heads, kvHeads, headDim }: ModelConfig): Float32Array {
  const grouped = new Float32Array(kvHeads * headDim)
  const group = heads / kvHeads
  for (const [column, max] of maxima.entries()) {
    const value = Math.floor(column / headDim / group) * headDim + (column % headDim)
    grouped[value] = Math.max(grouped[value]!, max)
  }
  return grouped
}

/** The way back: each head's columns get their group's factors. */
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
