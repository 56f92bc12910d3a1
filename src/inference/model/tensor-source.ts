// Where weights come from: a GGUF file or safetensors, read one tensor at a time so that a big model never has to be
// in memory as a whole. Names are those of Hugging Face's checkpoints.

import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { AppError } from '../../errors.ts'

export interface TensorSource {
  /** Without the tensor: undefined. */
  shapeOf(name: string): readonly number[] | undefined
  /** Row-major, the last dimension varies fastest. Throws `bad_model` naming the tensor and the file if it isn't there. */
  read(name: string): Float32Array
  close(): void
}

export function badModel(path: string, problem: string, cause?: unknown): AppError {
  return new AppError('bad_model', `${path}: ${problem}`, { field: path, cause })
}

/** A file read by position; every read beyond its end is a `bad_model` that says so. */
export class WeightFile {
  readonly path: string
  readonly size: number
  readonly #descriptor: number

  constructor(path: string) {
    this.path = path
    try {
      this.size = statSync(path).size
      this.#descriptor = openSync(path, 'r')
    } catch (cause) {
      throw badModel(path, `cannot be opened: ${(cause as Error).message}`, cause)
    }
  }

  bytes(offset: number, length: number): Buffer {
    if (offset + length > this.size) {
      throw badModel(
        this.path,
        `is truncated: ${this.size} bytes, but needs at least ${offset + length}; fetch it again`,
      )
    }
    const bytes = Buffer.allocUnsafeSlow(length)
    for (let done = 0; done < length; ) {
      const count = readSync(this.#descriptor, bytes, done, Math.min(length - done, 1 << 30), offset + done)
      if (count === 0) throw badModel(this.path, `ended at byte ${offset + done} while it was read`)
      done += count
    }
    return bytes
  }

  close(): void {
    closeSync(this.#descriptor)
  }
}
