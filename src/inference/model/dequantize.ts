// GGML's block formats to float32. A tensor is a run of blocks; each block holds 32 or 256 weights with its own scales.
// Layouts: ggml-common.h of llama.cpp. All numbers are little-endian, `half` is IEEE float16.

export interface BlockFormat {
  name: string
  /** Weights in a block. */
  weights: number
  /** Bytes of a block. */
  bytes: number
  /** Reads the block at `at` and writes its weights to `out` from `to` on. */
  read: (block: DataView, at: number, out: Float32Array, to: number) => void
}

/** By the number that GGUF stores for a tensor's type. */
export const BLOCK_FORMATS: ReadonlyMap<number, BlockFormat> = new Map([
  [0, { name: 'F32', weights: 1, bytes: 4, read: single((b, at) => b.getFloat32(at, true)) }],
  [1, { name: 'F16', weights: 1, bytes: 2, read: single((b, at) => half(b.getUint16(at, true))) }],
  [2, { name: 'Q4_0', weights: 32, bytes: 18, read: readQ4_0 }],
  [3, { name: 'Q4_1', weights: 32, bytes: 20, read: readQ4_1 }],
  [6, { name: 'Q5_0', weights: 32, bytes: 22, read: readQ5_0 }],
  [8, { name: 'Q8_0', weights: 32, bytes: 34, read: readQ8_0 }],
  [12, { name: 'Q4_K', weights: 256, bytes: 144, read: readQ4_K }],
  [14, { name: 'Q6_K', weights: 256, bytes: 210, read: readQ6_K }],
  [30, { name: 'BF16', weights: 1, bytes: 2, read: single((b, at) => brain(b.getUint16(at, true))) }],
])

/** The first `count` weights of a tensor's bytes. `bytes` must hold whole blocks. */
export function dequantize(format: BlockFormat, bytes: Uint8Array, count: number): Float32Array {
  const out = new Float32Array(count)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0, to = 0; to < count; at += format.bytes, to += format.weights) format.read(view, at, out, to)
  return out
}

/** A format whose blocks are single weights. */
function single(value: (block: DataView, at: number) => number): BlockFormat['read'] {
  return (block, at, out, to) => {
    out[to] = value(block, at)
  }
}

const HALVES = Float32Array.from({ length: 65536 }, (_, bits) => decodeHalf(bits))

/** float16 to float32, exactly. */
export function half(bits: number): number {
  return HALVES[bits]!
}

function decodeHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

const WORD = new DataView(new ArrayBuffer(4))

/** bfloat16 is the upper half of a float32. */
export function brain(bits: number): number {
  WORD.setUint32(0, bits << 16)
  return WORD.getFloat32(0)
}

/** half d, 16 bytes: weight i in the low nibble of byte i, weight i + 16 in the high one. w = d * (q - 8) */
function readQ4_0(b: DataView, at: number, out: Float32Array, to: number): void {
  const d = half(b.getUint16(at, true))
  for (let i = 0; i < 16; i++) {
    const pair = b.getUint8(at + 2 + i)
    out[to + i] = d * ((pair & 15) - 8)
    out[to + 16 + i] = d * ((pair >> 4) - 8)
  }
}

/** half d, half m, 16 bytes of nibbles as in Q4_0. w = d * q + m */
function readQ4_1(b: DataView, at: number, out: Float32Array, to: number): void {
  const d = half(b.getUint16(at, true))
  const m = half(b.getUint16(at + 2, true))
  for (let i = 0; i < 16; i++) {
    const pair = b.getUint8(at + 4 + i)
    out[to + i] = d * (pair & 15) + m
    out[to + 16 + i] = d * (pair >> 4) + m
  }
}

/** half d, 32 fifth bits, 16 bytes of nibbles as in Q4_0. w = d * (q - 16) */
function readQ5_0(b: DataView, at: number, out: Float32Array, to: number): void {
  const d = half(b.getUint16(at, true))
  const fifths = b.getUint32(at + 2, true)
  for (let i = 0; i < 16; i++) {
    const pair = b.getUint8(at + 6 + i)
    out[to + i] = d * (((pair & 15) | (((fifths >>> i) & 1) << 4)) - 16)
    out[to + 16 + i] = d * (((pair >> 4) | (((fifths >>> (i + 16)) & 1) << 4)) - 16)
  }
}

/** half d, 32 signed bytes. w = d * q */
function readQ8_0(b: DataView, at: number, out: Float32Array, to: number): void {
  const d = half(b.getUint16(at, true))
  for (let i = 0; i < 32; i++) out[to + i] = d * b.getInt8(at + 2 + i)
}

/**
 * half d, half dmin, 12 bytes with a 6-bit scale and a 6-bit minimum for each of 8 groups of 32, 128 bytes of nibbles:
 * groups 2n and 2n + 1 share 32 bytes, the even one in the low nibbles. w = d * scale * q - dmin * minimum
 */
function readQ4_K(b: DataView, at: number, out: Float32Array, to: number): void {
  const d = half(b.getUint16(at, true))
  const dmin = half(b.getUint16(at + 2, true))
  for (let group = 0; group < 8; group++) {
    const [scale, minimum] = groupScales(b, at + 4, group)
    const nibbles = at + 16 + (group >> 1) * 32
    const shift = (group & 1) * 4
    for (let i = 0; i < 32; i++) {
      out[to + group * 32 + i] = d * scale * ((b.getUint8(nibbles + i) >> shift) & 15) - dmin * minimum
    }
  }
}

/** Groups 0-3 have their six bits in one byte; of 4-7 the upper two are the top bits of the bytes of 0-3. */
function groupScales(b: DataView, at: number, group: number): [scale: number, minimum: number] {
  if (group < 4) return [b.getUint8(at + group) & 63, b.getUint8(at + group + 4) & 63]
  const low = b.getUint8(at + group + 4)
  const scale = (low & 15) | ((b.getUint8(at + group - 4) >> 6) << 4)
  const minimum = (low >> 4) | ((b.getUint8(at + group) >> 6) << 4)
  return [scale, minimum]
}

/**
 * 128 bytes of low nibbles, 64 bytes of upper bit pairs, 16 signed scales for groups of 16, half d.
 * Each half of 128 weights uses 64 and 32 of those bytes. w = d * scale * (q - 32)
 */
function readQ6_K(b: DataView, at: number, out: Float32Array, to: number): void {
  const d = half(b.getUint16(at + 208, true))
  for (let i = 0; i < 256; i++) {
    const part = i >> 7
    const within = i & 127
    const column = within & 31
    const quarter = within >> 5
    const low = b.getUint8(at + part * 64 + (quarter & 1) * 32 + column) >> ((quarter >> 1) * 4)
    const high = b.getUint8(at + 128 + part * 32 + column) >> (quarter * 2)
    const q = (low & 15) | ((high & 3) << 4)
    out[to + i] = d * b.getInt8(at + 192 + (i >> 4)) * (q - 32)
  }
}
