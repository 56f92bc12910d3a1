// GGUF, the file format of llama.cpp: metadata, a table of tensors, then their bytes. Format: docs/gguf.md of ggml.
// Versions 2 and 3, little-endian.

import { BLOCK_FORMATS, type BlockFormat, dequantize } from './dequantize.ts'
import { badModel, WeightFile } from './tensor-source.ts'

export type GgufValue = number | bigint | boolean | string | GgufValue[]

export interface GgufTensor {
  name: string
  /** As GGUF orders them: the dimension that varies fastest comes first. */
  dims: number[]
  format: BlockFormat
  offset: number
  length: number
}

const HEADER_STEP = 1 << 20
const MAX_DIMS = 4
const SIZES = [1, 1, 2, 2, 4, 4, 4, 1] as const

export class GgufFile {
  readonly path: string
  readonly metadata = new Map<string, GgufValue>()
  readonly tensors = new Map<string, GgufTensor>()
  readonly #file: WeightFile
  #head = Buffer.alloc(0)
  #at = 0

  /** Reads the header; throws `bad_model` for another format, a truncated file or a quantization we can't read. */
  constructor(path: string) {
    this.path = path
    this.#file = new WeightFile(path)
    try {
      this.#readHeader()
    } catch (error) {
      this.#file.close()
      throw error
    }
    this.#head = Buffer.alloc(0)
  }

  read(name: string): Float32Array {
    const tensor = this.tensors.get(name)
    if (!tensor) throw badModel(this.path, `has no tensor ${name}`)
    const count = tensor.dims.reduce((product, size) => product * size, 1)
    return dequantize(tensor.format, this.#file.bytes(tensor.offset, tensor.length), count)
  }

  close(): void {
    this.#file.close()
  }

  #readHeader(): void {
    if (this.#file.size < 24 || this.#take(4).toString('latin1') !== 'GGUF') {
      throw badModel(this.path, 'is not a GGUF file (it does not begin with "GGUF")')
    }
    const version = this.#take(4).readUInt32LE()
    if (version !== 2 && version !== 3)
      throw badModel(this.path, `is GGUF version ${version}; versions 2 and 3 can be read`)
    const tensorCount = this.#count()
    const metadataCount = this.#count()
    for (let i = 0; i < metadataCount; i++) {
      const key = this.#text()
      this.metadata.set(key, this.#value(this.#take(4).readUInt32LE(), key))
    }
    const tensors = Array.from({ length: tensorCount }, () => this.#tensorInfo())
    const alignment = Number(this.metadata.get('general.alignment') ?? 32)
    const start = Math.ceil(this.#at / alignment) * alignment
    for (const tensor of tensors) {
      tensor.offset += start
      const end = tensor.offset + tensor.length
      if (end > this.#file.size) {
        throw badModel(
          this.path,
          `is truncated: ${this.#file.size} bytes, but ${tensor.name} ends at ${end}; fetch it again`,
        )
      }
      this.tensors.set(tensor.name, tensor)
    }
  }

  #tensorInfo(): GgufTensor {
    const name = this.#text()
    const rank = this.#take(4).readUInt32LE()
    if (rank > MAX_DIMS) throw badModel(this.path, `is damaged: ${name} has ${rank} dimensions`)
    const dims = Array.from({ length: rank }, () => this.#count())
    const type = this.#take(4).readUInt32LE()
    const offset = this.#count()
    const format = BLOCK_FORMATS.get(type)
    if (!format) {
      const known = [...BLOCK_FORMATS.values()].map((one) => one.name).join(', ')
      throw badModel(
        this.path,
        `${name} is quantized in a way (GGML type ${type}) that can't be read; allowed: ${known}`,
      )
    }
    const count = dims.reduce((product, size) => product * size, 1)
    if ((dims[0] ?? 1) % format.weights !== 0) {
      throw badModel(
        this.path,
        `is damaged: rows of ${name} hold ${dims[0]} weights, not a multiple of ${format.weights}`,
      )
    }
    return { name, dims, format, offset, length: (count / format.weights) * format.bytes }
  }

  #value(type: number, key: string): GgufValue {
    if (type === 8) return this.#text()
    if (type === 9) {
      const itemType = this.#take(4).readUInt32LE()
      return Array.from({ length: this.#count() }, () => this.#value(itemType, key))
    }
    if (type === 10) return this.#take(8).readBigUInt64LE()
    if (type === 11) return this.#take(8).readBigInt64LE()
    if (type === 12) return this.#take(8).readDoubleLE()
    const size = SIZES[type]
    if (size === undefined) throw badModel(this.path, `is damaged: ${key} has the unknown type ${type}`)
    const bytes = this.#take(size)
    if (type === 6) return bytes.readFloatLE()
    if (type === 7) return bytes.readUInt8() !== 0
    return type % 2 === 0 ? bytes.readUIntLE(0, size) : bytes.readIntLE(0, size)
  }

  #text(): string {
    return this.#take(this.#count()).toString('utf8')
  }

  #count(): number {
    const count = Number(this.#take(8).readBigUInt64LE())
    if (!Number.isSafeInteger(count)) throw badModel(this.path, `is damaged: it claims ${count} entries`)
    return count
  }

  /** The next bytes of the header. The file is read in steps, since nothing says how long the header is. */
  #take(length: number): Buffer {
    while (this.#at + length > this.#head.length) {
      const step = Math.min(Math.max(HEADER_STEP, length), this.#file.size - this.#head.length)
      if (step <= 0)
        throw badModel(this.path, `is truncated: it ends within its header, at byte ${this.#file.size}; fetch it again`)
      this.#head = Buffer.concat([this.#head, this.#file.bytes(this.#head.length, step)])
    }
    this.#at += length
    return this.#head.subarray(this.#at - length, this.#at)
  }
}
