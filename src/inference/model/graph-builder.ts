// Collects the nodes and tensors of an ONNX graph. Large tensors go straight to the file of weights, so a graph is
// built with one tensor in memory at a time. One building can give several graphs over the same weights, which differ
// in some of their nodes.

import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import {
  encodeModel,
  type OnnxAttribute,
  type OnnxNode,
  type OnnxTensor,
  type OnnxType,
  type OnnxValue,
} from './onnx-proto.ts'

export const CONTRIB = 'com.microsoft'
const OPSET = 21
/** onnxruntime maps each tensor into memory from where it stands. */
const ALIGNMENT = 64
/** Shape inference wants small constants inside the graph. */
const INLINE_BYTES = 256

/** A part of a graph, and the only variant that has it; null: all have it. */
interface Part<Content> {
  content: Content
  variant: string | null
}

export class GraphBuilder {
  readonly #inputs: Part<OnnxValue>[] = []
  readonly #outputs: Part<OnnxValue>[] = []
  readonly #nodes: Part<OnnxNode>[] = []
  #variant: string | null = null
  #names = 0
  readonly #tensors = new Map<string, OnnxTensor>()
  readonly #weights: { name: string; descriptor: number }
  #size = 0

  /** `weightsName` is the file's name beside the graph. */
  constructor(weightsPath: string, weightsName: string) {
    this.#weights = { name: weightsName, descriptor: openSync(weightsPath, 'w') }
  }

  /** What `add` adds belongs to the graph of that name only. */
  only<Result>(variant: string, add: () => Result): Result {
    this.#variant = variant
    try {
      return add()
    } finally {
      this.#variant = null
    }
  }

  input(name: string, type: OnnxType, dims: (number | string)[]): string {
    this.#inputs.push(this.#part({ name, type, dims }))
    return name
  }

  output(name: string, type: OnnxType, dims: (number | string)[]): void {
    this.#outputs.push(this.#part({ name, type, dims }))
  }

  /** An output that is a list of tensors. */
  listOutput(name: string, type: OnnxType): void {
    this.#outputs.push(this.#part({ name, type, dims: [], sequence: true }))
  }

  /** A name that nothing has yet. */
  name(prefix: string): string {
    return `${prefix}_${this.#names++}`
  }

  /** Adds a node; the names of its outputs are made up, or given. */
  node(
    op: string,
    inputs: string[],
    attributes: Record<string, OnnxAttribute> = {},
    { domain = '', outputs }: { domain?: string; outputs?: string[] } = {},
  ): string {
    const names = outputs ?? [this.name(op)]
    this.#nodes.push(this.#part({ op, domain, inputs, outputs: names, attributes }))
    return names[0]!
  }

  /** Adds a constant. */
  tensor(name: string, type: OnnxType, dims: number[], values: ArrayBufferView): string {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
    const data = bytes.length <= INLINE_BYTES ? bytes.slice() : this.#store(bytes)
    this.#tensors.set(name, { name, type, dims, data })
    return name
  }

  /** Adds a constant once, however often it is asked for. */
  shared(name: string, type: OnnxType, dims: number[], values: ArrayBufferView): string {
    return this.#tensors.has(name) ? name : this.tensor(name, type, dims, values)
  }

  /** Writes what is left of the weights and returns the graph's bytes, where there are several those of that name. */
  finish(variant: string | null = null): Uint8Array {
    fsyncSync(this.#weights.descriptor)
    const own = <Content>(parts: readonly Part<Content>[]) =>
      parts.filter((part) => part.variant === null || part.variant === variant).map(({ content }) => content)
    const nodes = own(this.#nodes)
    const used = new Set(nodes.flatMap(({ inputs }) => inputs))
    return encodeModel({
      name: 'decoder',
      opset: OPSET,
      nodes,
      inputs: own(this.#inputs),
      outputs: own(this.#outputs),
      tensors: [...this.#tensors.values()].filter(({ name }) => used.has(name)),
    })
  }

  close(): void {
    closeSync(this.#weights.descriptor)
  }

  #part<Content>(content: Content): Part<Content> {
    return { content, variant: this.#variant }
  }

  #store(bytes: Uint8Array): { file: string; offset: number; length: number } {
    const padding = (ALIGNMENT - (this.#size % ALIGNMENT)) % ALIGNMENT
    this.#write(new Uint8Array(padding))
    const offset = this.#size
    this.#write(bytes)
    return { file: this.#weights.name, offset, length: bytes.length }
  }

  #write(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      done += writeSync(this.#weights.descriptor, bytes, done, Math.min(bytes.length - done, 1 << 28))
    }
    this.#size += bytes.length
  }
}
