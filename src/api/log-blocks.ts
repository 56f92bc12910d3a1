// The bytes of a log as they come in, copied into blocks of their own, which can be handed to a thread without a copy.

import { AppError } from '../errors.ts'

const blockBytes = 1 << 20

export class LogBlocks {
  readonly #limitBytes: number
  readonly #blocks: Uint8Array<ArrayBuffer>[] = []
  #used = blockBytes
  #bytes = 0

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  /** @throws AppError `body_too_large` */
  add(chunk: Uint8Array): void {
    this.#bytes += chunk.length
    if (this.#bytes > this.#limitBytes) {
      const message = `the log is larger than the ${this.#limitBytes} bytes allowed`
      throw new AppError('body_too_large', message, { field: 'body' })
    }
    for (let at = 0; at < chunk.length; ) {
      if (this.#used === blockBytes) {
        this.#blocks.push(new Uint8Array(blockBytes))
        this.#used = 0
      }
      const part = chunk.subarray(at, at + blockBytes - this.#used)
      this.#blocks.at(-1)!.set(part, this.#used)
      this.#used += part.length
      at += part.length
    }
  }

  /** All bytes; the blocks are the caller's from now on. */
  whole(): Uint8Array<ArrayBuffer>[] {
    const last = this.#blocks.pop()
    if (last !== undefined) this.#blocks.push(last.subarray(0, this.#used))
    return this.#blocks
  }
}
