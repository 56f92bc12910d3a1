// Matrix products as nodes of the graph, one class per precision. Weights are `[outputs, inputs]`, activations
// `[rows, inputs]`; several products of the same activations share what has to be done with them first.

import { CONTRIB, type GraphBuilder } from './graph-builder.ts'
import { quantizeColumns } from './quantize.ts'

export interface Weights {
  name: string
  values: Float32Array
  outputs: number
  inputs: number
  bias?: Float32Array | null
  /** Multiplied into the weights' columns; their inverse is already part of the activations (SmoothQuant). */
  columnFactors?: Float32Array | null
}

export interface LinearNodes {
  /** What the products of these activations `[rows, width]` start from. */
  prepare(activations: string, width: number, owed?: RowScale): Prepared
  /** activations * weights^T + bias: `[rows, outputs]` */
  product(prepared: Prepared, weights: Weights): string
  /** The same without the rows' scale (and without a bias): whoever goes on with it owes `prepared.scale`. */
  unscaledProduct(prepared: Prepared, weights: Weights): string
}

/** A factor for every row, `[rows, 1]`; null is 1. */
type RowScale = string | null

/** The activations and, where they are quantized, their scale. */
export interface Prepared {
  values: string
  scale: RowScale
}

/** Activations between -127 and 127, as integer products take them: rounded as they are, and their scale is 1. */
export function roundSteps(graph: GraphBuilder, activations: string): string {
  return graph.node('QuantizeLinear', [activations, one(graph), zeroPoint(graph)])
}

export function one(graph: GraphBuilder): string {
  return graph.shared('one', 'float32', [], Float32Array.of(1))
}

function zeroPoint(graph: GraphBuilder): string {
  return graph.shared('zero_point', 'uint8', [], Uint8Array.of(128))
}

export class Float32Linear implements LinearNodes {
  readonly #graph: GraphBuilder

  constructor(graph: GraphBuilder) {
    this.#graph = graph
  }

  prepare(activations: string): Prepared {
    return { values: activations, scale: null }
  }

  product(prepared: Prepared, { name, values, outputs, inputs, bias }: Weights): string {
    // A tied embedding is there already.
    const weights = this.#graph.shared(name, 'float32', [outputs, inputs], values)
    const added = bias ? [this.#graph.tensor(`${name}.bias`, 'float32', [outputs], bias)] : []
    return this.#graph.node('Gemm', [prepared.values, weights, ...added], { transB: 1n })
  }

  unscaledProduct(prepared: Prepared, weights: Weights): string {
    return this.product(prepared, weights)
  }
}

/**
 * Weights int8 with a scale per output, activations uint8 with a scale per row, or 1: x = scale * (q - 128). The products
 * of integers are exact, so a row's result does not depend on the rows beside it.
 */
export class Int8Linear implements LinearNodes {
  readonly #graph: GraphBuilder
  readonly #limit: number
  readonly #zeroPoints: string

  /** `limit` 127 for 8-bit weights, 63 for 7; `zeroPoints` names a tensor `[rows, 1]` filled with 128. */
  constructor(graph: GraphBuilder, limit: number, zeroPoints: string) {
    this.#graph = graph
    this.#limit = limit
    this.#zeroPoints = zeroPoints
  }

  /** The largest absolute value of each row becomes 127. Rounding doesn't see a scale that is owed, so it is paid last. */
  prepare(activations: string, width: number, owed: RowScale = null): Prepared {
    const graph = this.#graph
    const lastAxis = graph.shared('last_axis', 'int64', [1], BigInt64Array.of(-1n))
    const perStep = graph.shared('one_127th', 'float32', [], Float32Array.of(1 / 127))
    const max = graph.node('ReduceMax', [graph.node('Abs', [activations]), lastAxis], { keepdims: 1n })
    const scale = graph.node('Mul', [max, perStep])
    // One block is a whole row: so the scale keeps the shape that the products want it in.
    const values = graph.node('QuantizeLinear', [activations, scale, this.#zeroPoints], {
      axis: 1n,
      block_size: BigInt(width),
    })
    return { values, scale: owed === null ? scale : graph.node('Mul', [scale, owed]) }
  }

  product(prepared: Prepared, weights: Weights): string {
    const graph = this.#graph
    const { name, outputs, bias } = weights
    const unscaled = this.unscaledProduct(prepared, weights)
    const product = prepared.scale === null ? unscaled : graph.node('Mul', [unscaled, prepared.scale])
    return bias ? graph.node('Add', [product, graph.tensor(`${name}.bias`, 'float32', [outputs], bias)]) : product
  }

  unscaledProduct(prepared: Prepared, { name, values, outputs, inputs, columnFactors }: Weights): string {
    const graph = this.#graph
    const quantized = quantizeColumns(values, outputs, inputs, this.#limit, columnFactors ?? null)
    return graph.node(
      'MatMulIntegerToFloat',
      [
        prepared.values,
        graph.tensor(name, 'int8', [inputs, outputs], quantized.values),
        one(graph),
        graph.tensor(`${name}.scales`, 'float32', [outputs], quantized.scales),
        zeroPoint(graph),
      ],
      {},
      { domain: CONTRIB },
    )
  }
}
