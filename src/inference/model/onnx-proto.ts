// ONNX models as bytes: a writer for the few protobuf messages that our graphs consist of. Field numbers are those of
// onnx.proto (ONNX IR version 10).

export const ONNX_TYPES = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7 } as const
export type OnnxType = keyof typeof ONNX_TYPES

/** A dimension is a size, or the name of one that is known only when the graph runs. */
export type OnnxDims = readonly (number | string)[]

export interface OnnxValue {
  name: string
  type: OnnxType
  dims: OnnxDims
  /** A list of such tensors instead of one. */
  sequence?: boolean
}

export type OnnxAttribute = number | bigint | string | readonly bigint[]

export interface OnnxNode {
  op: string
  /** Empty for the standard's own operators. */
  domain: string
  /** '' stands for an optional input or output that is left out. */
  inputs: readonly string[]
  outputs: readonly string[]
  /** A number is a float attribute, a bigint an integer one. */
  attributes: Readonly<Record<string, OnnxAttribute>>
}

export interface OnnxTensor {
  name: string
  type: OnnxType
  dims: readonly number[]
  /** The bytes themselves, or where they stand in the file of weights beside the graph. */
  data: Uint8Array | { file: string; offset: number; length: number }
}

export interface OnnxGraph {
  name: string
  opset: number
  nodes: readonly OnnxNode[]
  inputs: readonly OnnxValue[]
  outputs: readonly OnnxValue[]
  tensors: readonly OnnxTensor[]
}

const IR_VERSION = 10
const ATTRIBUTE_TYPES = { float: 1, integer: 2, string: 3, integers: 7 } as const
const EXTERNAL = 1

export function encodeModel(graph: OnnxGraph): Uint8Array {
  const domains = new Set(['', ...graph.nodes.map((node) => node.domain)])
  return message([
    integer(1, IR_VERSION),
    text(2, 'workflowai'),
    bytes(7, encodeGraph(graph)),
    ...[...domains].map((domain) => bytes(8, message([text(1, domain), integer(2, domain === '' ? graph.opset : 1)]))),
  ])
}

function encodeGraph(graph: OnnxGraph): Uint8Array {
  return message([
    ...graph.nodes.map((node, index) => bytes(1, encodeNode(node, index))),
    text(2, graph.name),
    ...graph.tensors.map((tensor) => bytes(5, encodeTensor(tensor))),
    ...graph.inputs.map((value) => bytes(11, encodeValue(value))),
    ...graph.outputs.map((value) => bytes(12, encodeValue(value))),
  ])
}

function encodeNode(node: OnnxNode, index: number): Uint8Array {
  return message([
    ...node.inputs.map((name) => text(1, name)),
    ...node.outputs.map((name) => text(2, name)),
    text(3, `${node.op}_${index}`),
    text(4, node.op),
    ...Object.entries(node.attributes).map(([name, value]) => bytes(5, encodeAttribute(name, value))),
    text(7, node.domain),
  ])
}

function encodeAttribute(name: string, value: OnnxAttribute): Uint8Array {
  if (typeof value === 'number') return message([text(1, name), float(2, value), integer(20, ATTRIBUTE_TYPES.float)])
  if (typeof value === 'bigint')
    return message([text(1, name), integer(3, value), integer(20, ATTRIBUTE_TYPES.integer)])
  if (typeof value === 'string') return message([text(1, name), text(4, value), integer(20, ATTRIBUTE_TYPES.string)])
  return message([text(1, name), ...value.map((item) => integer(8, item)), integer(20, ATTRIBUTE_TYPES.integers)])
}

function encodeTensor(tensor: OnnxTensor): Uint8Array {
  const head = [
    ...tensor.dims.map((size) => integer(1, size)),
    integer(2, ONNX_TYPES[tensor.type]),
    text(8, tensor.name),
  ]
  if (tensor.data instanceof Uint8Array) return message([...head, bytes(9, tensor.data)])
  const { file, offset, length } = tensor.data
  const entries = Object.entries({ location: file, offset: String(offset), length: String(length) })
  return message([
    ...head,
    ...entries.map(([key, value]) => bytes(13, message([text(1, key), text(2, value)]))),
    integer(14, EXTERNAL),
  ])
}

function encodeValue({ name, type, dims, sequence }: OnnxValue): Uint8Array {
  const shape = message(
    dims.map((size) => bytes(1, typeof size === 'number' ? message([integer(1, size)]) : message([text(2, size)]))),
  )
  const tensorType = message([bytes(1, message([integer(1, ONNX_TYPES[type]), bytes(2, shape)]))])
  const valueType = sequence ? message([bytes(4, message([bytes(1, tensorType)]))]) : tensorType
  return message([text(1, name), bytes(2, valueType)])
}

// The wire format: each field is a key (number << 3 | wire type) and its value.

function message(fields: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(fields)
}

function integer(field: number, value: number | bigint): Uint8Array {
  return Buffer.concat([varint(BigInt(field) << 3n), varint(BigInt.asUintN(64, BigInt(value)))])
}

function float(field: number, value: number): Uint8Array {
  const encoded = Buffer.alloc(4)
  encoded.writeFloatLE(value)
  return Buffer.concat([varint((BigInt(field) << 3n) | 5n), encoded])
}

function text(field: number, value: string): Uint8Array {
  return bytes(field, Buffer.from(value, 'utf8'))
}

function bytes(field: number, value: Uint8Array): Uint8Array {
  return Buffer.concat([varint((BigInt(field) << 3n) | 2n), varint(BigInt(value.length)), value])
}

function varint(value: bigint): Uint8Array {
  const encoded: number[] = []
  let rest = value
  while (rest > 127n) {
    encoded.push(Number(rest & 127n) | 128)
    rest >>= 7n
  }
  encoded.push(Number(rest))
  return Uint8Array.from(encoded)
}
