// The last norm and projection, to logits, as nodes of the graph.

import type { DecoderWeights } from './decoder-weights.ts'
import type { GraphBuilder } from './graph-builder.ts'
import { type GraphPlan, HEAD_TAP } from './graph-names.ts'
import type { LinearNodes } from './linear.ts'
import { addAndNormalize, type Stream } from './norm-nodes.ts'
import { columnsOfParts, splitOutliers } from './outliers.ts'
import { ALPHA, columnMaxima, divideRows, smoothingFactors } from './smoothing.ts'
import { addTap } from './tap-node.ts'

type Int8Plan = Extract<GraphPlan, { precision: 'int8' }>
type Float32Plan = Extract<GraphPlan, { precision: 'float32' }>

/** A tenth of more work here; with more of them nothing is gained. */
const MORE_PARTS = 64

export class HeadNodes {
  readonly #graph: GraphBuilder
  readonly #weights: DecoderWeights
  readonly #stream: Stream

  /** `stream` has only the rows whose logits are wanted: the last projection is a fifth of all the work. */
  constructor(graph: GraphBuilder, weights: DecoderWeights, stream: Stream) {
    this.#graph = graph
    this.#weights = weights
    this.#stream = stream
  }

  /** @param embedding the name of its tensor, which serves as the last projection, too, where that has no own weights */
  addFloat32({ taps }: Float32Plan, embedding: string): void {
    const graph = this.#graph
    const output = this.#normalized(this.#weights.finalNorm())
    if (taps) addTap(graph, HEAD_TAP, output)
    const own = this.#weights.output()
    const name = own ? graph.tensor('lm_head', 'float32', this.#shape, own) : embedding
    this.#addLogits(graph.node('Gemm', [output, name], { transB: 1n }))
  }

  addInt8({ maxima }: Int8Plan, linear: LinearNodes): void {
    const graph = this.#graph
    const [vocabSize, hiddenSize] = this.#shape
    const values = this.#weights.output() ?? this.#weights.embedding()
    const factors = smoothingFactors(maxima.head, columnMaxima([values], hiddenSize), ALPHA.head)
    const parts = splitOutliers(divideRows(maxima.head, factors), MORE_PARTS)
    const whole = this.#normalized(divideRows(divideRows(this.#weights.finalNorm(), factors), parts.counts))
    const width = parts.sources.length
    const sources = graph.tensor('head_parts', 'int32', [width], parts.sources)
    const output = graph.node('Gather', [whole, sources], { axis: 1n })
    const logits = linear.product(linear.prepare(output, width), {
      ...{ name: 'lm_head', values: columnsOfParts(values, parts), outputs: vocabSize, inputs: width },
      columnFactors: Float32Array.from(parts.sources, (channel) => factors[channel]!),
    })
    this.#addLogits(logits)
  }

  get #shape(): [vocabSize: number, hiddenSize: number] {
    return [this.#weights.config.vocabSize, this.#weights.config.hiddenSize]
  }

  #normalized(weights: Float32Array): string {
    const norm = { name: 'final_norm', weights, epsilon: this.#weights.config.normEpsilon }
    return addAndNormalize(this.#graph, norm, this.#stream).output
  }

  #addLogits(values: string): void {
    this.#graph.node('Identity', [values], {}, { outputs: ['logits'] })
    this.#graph.output('logits', 'float32', ['logits', this.#shape[0]])
  }
}
