// Bytes in, text out, never half a character: a beginning of a character waits for its remaining bytes. Invalid bytes
// become U+FFFD as in the WHATWG decoder, wherever the input is cut into pieces.

export class Utf8Stream {
  /** A proper prefix of one character: at most three bytes. */
  #pending: Uint8Array = new Uint8Array(0)

  push(bytes: Uint8Array): string {
    if (bytes.length === 0) return ''
    const all = this.#pending.length === 0 ? bytes : concat(this.#pending, bytes)
    const end = all.length - unfinishedLength(all)
    this.#pending = all.slice(end)
    return Buffer.from(all.buffer, all.byteOffset, end).toString('utf8')
  }

  /** Bytes that wait for the rest of their character. */
  get pending(): number {
    return this.#pending.length
  }
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}

/** How many bytes at the end begin a character that is still valid but not complete: 0 to 3. */
function unfinishedLength(bytes: Uint8Array): number {
  for (let length = 1; length <= Math.min(3, bytes.length); length++) {
    const start = bytes.length - length
    const lead = bytes[start]!
    if (lead < 0x80) return 0
    if (lead >= 0xc0) return isPrefix(bytes.subarray(start)) ? length : 0
  }
  return 0
}

/** Whether `bytes` is a proper prefix of a well-formed sequence: the Unicode standard, table 3-7. */
function isPrefix(bytes: Uint8Array): boolean {
  const lead = bytes[0]!
  const size =
    lead >= 0xc2 && lead <= 0xdf ? 2 : lead >= 0xe0 && lead <= 0xef ? 3 : lead >= 0xf0 && lead <= 0xf4 ? 4 : 0
  if (bytes.length >= size) return false
  if (bytes.length === 1) return true
  // Only the second byte's range depends on the lead: no overlong forms, no surrogates, nothing above U+10FFFF.
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf
  return bytes[1]! >= low && bytes[1]! <= high
}
