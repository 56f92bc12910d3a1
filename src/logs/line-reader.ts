// Bytes of a log to its raw lines, piece by piece: never more than a line and a piece are held as strings. Lines end at
// \n only, so that numbers are those of an editor and of `sed -n`. Never fails: what can't be read becomes U+FFFD.

import { isUtf8 } from 'node:buffer'
import { TextDecoder } from 'node:util'
import { type LogEncoding, sampleBytes, startOf } from './encoding.ts'

const newline = 0x0a

export class LineReader {
  #encoding: LogEncoding | null = null
  /** The beginning of the log, until there is enough to tell its encoding. */
  #head: Buffer[] = []
  #headBytes = 0
  #decoder: TextDecoder | null = null
  /** The unfinished last line. */
  #rest: Buffer[] = []
  #restBytes = 0

  readonly #onLine: (raw: string) => void

  /** @param onLine gets every line in order, without its \n */
  constructor(onLine: (raw: string) => void) {
    this.#onLine = onLine
  }

  push(bytes: Uint8Array): void {
    const piece = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    if (this.#encoding !== null) {
      this.#decode(piece)
      return
    }
    this.#head.push(piece)
    this.#headBytes += piece.length
    if (this.#headBytes >= sampleBytes) this.#start()
  }

  /** The last line, if the log does not end with a newline. */
  end(): void {
    if (this.#encoding === null) this.#start()
    if (this.#decoder !== null) this.#split(Buffer.from(this.#decoder.decode()))
    if (this.#restBytes > 0) this.#onLine(textOf(Buffer.concat(this.#rest)))
    this.#rest = []
    this.#restBytes = 0
  }

  #start(): void {
    const head = Buffer.concat(this.#head)
    this.#head = []
    const { encoding, markBytes } = startOf(head)
    this.#encoding = encoding
    if (encoding !== 'utf-8') this.#decoder = new TextDecoder(encoding)
    this.#decode(head.subarray(markBytes))
  }

  #decode(piece: Buffer): void {
    this.#split(this.#decoder === null ? piece : Buffer.from(this.#decoder.decode(piece, { stream: true })))
  }

  #split(piece: Buffer): void {
    let start = 0
    for (;;) {
      const end = piece.indexOf(newline, start)
      if (end === -1) break
      const line = piece.subarray(start, end)
      if (this.#restBytes === 0) this.#onLine(textOf(line))
      else {
        this.#onLine(textOf(Buffer.concat([...this.#rest, line])))
        this.#rest = []
        this.#restBytes = 0
      }
      start = end + 1
    }
    if (start === piece.length) return
    this.#rest.push(piece.subarray(start))
    this.#restBytes += piece.length - start
  }
}

/** A line in UTF-8; one that is not valid may be in the 8-bit encoding of western Europe. */
function textOf(line: Buffer): string {
  if (isUtf8(line)) return line.toString('utf8')
  return looksWestern(line) ? new TextDecoder('windows-1252').decode(line) : line.toString('utf8')
}

/** Bytes above ASCII are letters, typographic quotes or dashes, and there are no control bytes as in binary. */
function looksWestern(line: Buffer): boolean {
  for (const byte of line) {
    if (byte < 0x80) {
      if (byte < 0x07) return false
    } else if (!((byte >= 0xa0 && byte <= 0xfd) || byte === 0x80 || byte === 0x85 || (byte >= 0x91 && byte <= 0x97))) {
      return false
    }
  }
  return true
}
