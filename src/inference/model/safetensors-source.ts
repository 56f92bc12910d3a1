// safetensors: 8 bytes with the header's length, a JSON header, then the tensors' bytes. A model may be split over
// several files; then model.safetensors.index.json says which tensor is where, and the caller passes all of them.

import { z } from 'zod'
import { BLOCK_FORMATS, type BlockFormat, dequantize } from './dequantize.ts'
import { badModel, type TensorSource, WeightFile } from './tensor-source.ts'

const headerSchema = z.record(
  z.string(),
  z.object({
    dtype: z.string(),
    shape: z.array(z.int().nonnegative()),
    data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
  }),
)

interface StoredTensor {
  file: WeightFile
  format: BlockFormat
  shape: number[]
  offset: number
  length: number
}

const FORMATS = new Map(
  [...BLOCK_FORMATS.values()].filter((format) => format.weights === 1).map((format) => [format.name, format]),
)
const MAX_HEADER_BYTES = 100_000_000

export class SafetensorsSource implements TensorSource {
  readonly #files: WeightFile[] = []
  readonly #tensors = new Map<string, StoredTensor>()
  readonly #path: string

  /** Throws `bad_model` for a file that is missing, truncated or holds a type that we can't read. */
  constructor(paths: readonly string[]) {
    this.#path = paths[0] ?? 'no file'
    try {
      for (const path of paths) this.#open(path)
    } catch (error) {
      this.close()
      throw error
    }
  }

  shapeOf(name: string): readonly number[] | undefined {
    return this.#tensors.get(name)?.shape
  }

  read(name: string): Float32Array {
    const tensor = this.#tensors.get(name)
    if (!tensor) throw badModel(this.#path, `has no tensor ${name}`)
    const count = tensor.shape.reduce((product, size) => product * size, 1)
    return dequantize(tensor.format, tensor.file.bytes(tensor.offset, tensor.length), count)
  }

  close(): void {
    for (const file of this.#files) file.close()
  }

  #open(path: string): void {
    const file = new WeightFile(path)
    this.#files.push(file)
    const headerLength = Number(file.bytes(0, 8).readBigUInt64LE())
    if (headerLength > MAX_HEADER_BYTES) throw badModel(path, 'is not a safetensors file (its header is too long)')
    const header = parseHeader(path, file.bytes(8, headerLength))
    for (const [name, { dtype, shape, data_offsets }] of Object.entries(header)) {
      const format = FORMATS.get(dtype)
      if (!format) throw badModel(path, `${name} has type ${dtype}; allowed: ${[...FORMATS.keys()].join(', ')}`)
      const length = data_offsets[1] - data_offsets[0]
      const offset = 8 + headerLength + data_offsets[0]
      if (length !== shape.reduce((product, size) => product * size, 1) * format.bytes) {
        throw badModel(path, `is damaged: ${name} has ${length} bytes for the shape [${shape.join(', ')}]`)
      }
      if (offset + length > file.size) {
        throw badModel(path, `is truncated: ${file.size} bytes, but ${name} ends at ${offset + length}; fetch it again`)
      }
      this.#tensors.set(name, { file, format, shape, offset, length })
    }
  }
}

function parseHeader(path: string, bytes: Buffer): z.infer<typeof headerSchema> {
  try {
    const { __metadata__, ...tensors } = JSON.parse(bytes.toString('utf8'))
    return headerSchema.parse(tensors)
  } catch (cause) {
    throw badModel(path, 'is not a safetensors file, or its header is damaged', cause)
  }
}
