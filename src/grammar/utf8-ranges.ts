// A range of characters as sequences of byte ranges, one for each shape of their UTF-8: U+00E0-U+0100 is C3 A0-BF, or
// C4 80. (After Russ Cox's utf8-ranges, "Regular Expression Matching in the Wild".)

export type ByteRange = readonly [first: number, last: number]

const longer = [0x7f, 0x7ff, 0xffff]

/** @param from, to code points, no surrogates between them */
export function utf8Ranges(from: number, to: number): ByteRange[][] {
  for (const last of longer)
    if (from <= last && last < to) return [...utf8Ranges(from, last), ...utf8Ranges(last + 1, to)]
  // Where the leading bytes differ, all that follows them must be free: split until it is.
  for (let bits = 6; bits <= 18 && from > 0x7f; bits += 6) {
    const mask = (1 << bits) - 1
    if ((from & ~mask) === (to & ~mask)) break
    if ((from & mask) !== 0) return [...utf8Ranges(from, from | mask), ...utf8Ranges((from | mask) + 1, to)]
    if ((to & mask) !== mask) return [...utf8Ranges(from, (to & ~mask) - 1), ...utf8Ranges(to & ~mask, to)]
  }
  const first = Buffer.from(String.fromCodePoint(from))
  const last = Buffer.from(String.fromCodePoint(to))
  return [Array.from(first, (byte, index) => [byte, last[index]!] as const)]
}
