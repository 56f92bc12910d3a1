// The visible, redacted lines of a log as UTF-8 in a few large buffers: about the log's own size, whatever the number
// and length of its lines. A line becomes a string when it is asked for.

import { readableLine } from './json-line.ts'
import { withoutPrefix } from './line-prefix.ts'

export interface LogLine {
  /** 1-based, in the original. */
  number: number
  /** The visible, redacted line: what evidence quotes. */
  text: string
  /** `text` without prefixes, JSON made readable: what rules, templates and the pack look at. */
  body: string
}

const blockBytes = 1 << 20

export class LineStore {
  readonly #blocks: Buffer[] = []
  #block = Buffer.alloc(0)
  #used = 0
  #count = 0
  /** Of each line: its block, where it starts there, how many bytes it has. */
  #places = new Uint32Array(3 * 4096)

  get length(): number {
    return this.#count
  }

  add(text: string): void {
    // Of a UTF-16 unit come at most three bytes.
    if (this.#blocks.length === 0 || this.#block.length - this.#used < text.length * 3)
      this.#open(Math.max(blockBytes, text.length * 3))
    const bytes = this.#block.write(text, this.#used)
    if (this.#places.length < 3 * (this.#count + 1)) this.#places = doubled(this.#places)
    this.#places.set([this.#blocks.length - 1, this.#used, bytes], 3 * this.#count)
    this.#count++
    this.#used += bytes
  }

  /** @param index 0-based, below `length` */
  text(index: number): string {
    const at = 3 * index
    const start = this.#places[at + 1]!
    return this.#blocks[this.#places[at]!]!.toString('utf8', start, start + this.#places[at + 2]!)
  }

  body(index: number): string {
    return bodyOf(this.text(index))
  }

  at(index: number): LogLine {
    const text = this.text(index)
    return { number: index + 1, text, body: bodyOf(text) }
  }

  #open(bytes: number): void {
    // What a long line reserved and did not use is given back.
    if (this.#blocks.length > 0 && this.#block.length > blockBytes)
      this.#blocks[this.#blocks.length - 1] = Buffer.from(this.#block.subarray(0, this.#used))
    this.#block = Buffer.allocUnsafeSlow(bytes)
    this.#blocks.push(this.#block)
    this.#used = 0
  }
}

/** What rules, templates and the pack look at of a visible line. */
export function bodyOf(text: string): string {
  return readableLine(withoutPrefix(text))
}

export function doubled(places: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(places.length * 2)
  larger.set(places)
  return larger
}
