// Collects the nodes and tensors of an ONNX graph. Large tensors go straight to the file of weights, so a graph is
// built with one tensor in memory at a time.

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

export class GraphBuilder {
  readonly inputs: OnnxValue[] = []
  readonly outputs: OnnxValue[] = []
  readonly #nodes: OnnxNode[] = []
  readonly #tensors = new Map<string, OnnxTensor>()
  readonly #weights: { name: string; descriptor: number }
  #size = 0

  /** `weightsName` is the file's name beside the graph. */
  constructor(weightsPath: string, weightsName: string) {
    this.#weights = { name: weightsName, descriptor: openSync(weightsPath, 'w') }
  }

  input(name: string, type: OnnxType, dims: (number | string)[]): string {
    this.inputs.push({ name, type, dims })
    return name
  }

  output(name: string, type: OnnxType, dims: (number | string)[]): void {
    this.outputs.push({ name, type, dims })
  }

  /** Adds a node; the names of its outputs are made up, or given. */
  node(
    op: string,
    inputs: string[],
    attributes: Record<string, OnnxAttribute> = {},
    { domain = '', outputs }: { domain?: string; outputs?: string[] } = {},
  ): string {
    const names = outputs ?? [`${op}_${this.#nodes.length}`]
    this.#nodes.push({ op, domain, inputs, outputs: names, attributes })
    return names[0]!
  }

  /** Adds a constant. */
  tensor(name: string, type: OnnxType, dims: number[], values: ArrayBufferView): string {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
    const data = bytes.length <= INLINE_BYTES ? bytes.slice() : this.#store(bytes)
    this.#tensors.set(name, { name, type, dims, data })
    return name
  }

  /** The same values under another name and shape. */
  view(name: string, source: string, dims: number[]): string {
    this.#tensors.set(name, { ...this.#tensors.get(source)!, name, dims })
    return name
  }

  has(tensor: string): boolean {
    return this.#tensors.has(tensor)
  }

  /** Adds a constant once, however often it is asked for. */
  shared(name: string, type: OnnxType, dims: number[], values: ArrayBufferView): string {
    return this.#tensors.has(name) ? name : this.tensor(name, type, dims, values)
  }

  /** Writes what is left of the weights and returns the graph's bytes. */
  finish(): Uint8Array {
    fsyncSync(this.#weights.descriptor)
    return encodeModel({
      name: 'decoder',
      opset: OPSET,
      nodes: this.#nodes,
      inputs: this.inputs,
      outputs: this.outputs,
      tensors: [...this.#tensors.values()],
    })
  }

  close(): void {
    closeSync(this.#weights.descriptor)
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
