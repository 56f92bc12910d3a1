import { describe, expect, it } from 'vitest'
import { BLOCK_FORMATS, brain, dequantize, half } from '../../../src/inference/model/dequantize.ts'

const formatNamed = (name: string) => [...BLOCK_FORMATS.values()].find((format) => format.name === name)!

/** The bytes of a block, checked to be as long as the format says. */
function block(name: string, ...parts: (number | number[])[]): Uint8Array {
  const bytes = Uint8Array.from(parts.flat())
  expect(bytes.length).toBe(formatNamed(name).bytes)
  return bytes
}

const read = (name: string, bytes: Uint8Array) => [
  ...dequantize(formatNamed(name), bytes, (bytes.length / formatNamed(name).bytes) * formatNamed(name).weights),
]

// Little-endian float16: 0.5, 2, -1.
const HALF = [0x00, 0x38]
const TWO = [0x00, 0x40]
const MINUS_ONE = [0x00, 0xbc]

describe('dequantizing', () => {
  it('reads half precision, denormals and infinities included', () => {
    expect([0x3800, 0x4000, 0xbc00, 0x0001, 0x7c00, 0xfc00].map(half)).toEqual([0.5, 2, -1, 2 ** -24, 1 / 0, -1 / 0])
    expect(half(0x7e00)).toBeNaN()
    expect(half(0x03ff)).toBe(1023 * 2 ** -24)
  })

  it('reads bfloat16 as the upper half of a float32', () => {
    expect([0x3f80, 0xc000, 0x3fc0].map(brain)).toEqual([1, -2, 1.5])
  })

  it('reads F32, F16 and BF16', () => {
    expect(read('F32', new Uint8Array(Float32Array.of(1.5, -3).buffer))).toEqual([1.5, -3])
    expect(read('F16', Uint8Array.from([...HALF, ...MINUS_ONE]))).toEqual([0.5, -1])
    expect(read('BF16', Uint8Array.from([0xc0, 0x3f]))).toEqual([1.5])
  })

  it('reads Q4_0: scale * (nibble - 8), low nibbles first', () => {
    const nibbles = Array.from({ length: 16 }, (_, i) => i | ((15 - i) << 4))
    const expected = [...Array(32)].map((_, i) => 0.5 * ((i < 16 ? i : 31 - i) - 8))
    expect(read('Q4_0', block('Q4_0', HALF, nibbles))).toEqual(expected)
  })

  it('reads Q4_1: scale * nibble + minimum', () => {
    const nibbles = Array.from({ length: 16 }, (_, i) => i | ((15 - i) << 4))
    const expected = [...Array(32)].map((_, i) => 0.5 * (i < 16 ? i : 31 - i) - 1)
    expect(read('Q4_1', block('Q4_1', HALF, MINUS_ONE, nibbles))).toEqual(expected)
  })

  it('reads Q5_0: the fifth bits are a word of their own', () => {
    // Fifth bits for weights 0, 16 and 31.
    const fifths = [0x01, 0x00, 0x01, 0x80]
    const weights = read('Q5_0', block('Q5_0', TWO, fifths, Array(16).fill(0x21)))
    const expected = [...Array(32)].map((_, i) => 2 * ((i < 16 ? 1 : 2) + ([0, 16, 31].includes(i) ? 16 : 0) - 16))
    expect(weights).toEqual(expected)
  })

  it('reads Q8_0: scale * signed byte', () => {
    const bytes = Array.from({ length: 32 }, (_, i) => (i * 8 - 128) & 255)
    expect(read('Q8_0', block('Q8_0', HALF, bytes))).toEqual([...Array(32)].map((_, i) => 0.5 * (i * 8 - 128)))
  })

  it('reads Q4_K: eight groups, each with a six-bit scale and minimum', () => {
    // Groups 0-3: scale 1 + g, minimum 2. Groups 4-7: scale 32 + g, minimum 48 + g; their upper bits are in bytes 0-7.
    const low = (bits: number, upper: number) => bits | ((upper >> 4) << 6)
    const scales = [
      ...[0, 1, 2, 3].map((g) => low(1 + g, 36 + g)),
      ...[0, 1, 2, 3].map((g) => low(2, 52 + g)),
      ...[4, 5, 6, 7].map((g) => ((32 + g) & 15) | (((48 + g) & 15) << 4)),
    ]
    const weights = read('Q4_K', block('Q4_K', HALF, TWO, scales, Array(128).fill(0x53)))
    const expected = [...Array(256)].map((_, i) => {
      const g = i >> 5
      const [scale, minimum] = g < 4 ? [1 + g, 2] : [32 + g, 48 + g]
      return 0.5 * scale * (g % 2 === 0 ? 3 : 5) - 2 * minimum
    })
    expect(weights).toEqual(expected)
  })

  it('reads Q6_K: four low bits, two upper ones, a signed scale for every 16', () => {
    const values = [...Array(256)].map((_, i) => (i * 7) % 64)
    const low = Array(128).fill(0)
    const high = Array(64).fill(0)
    for (const [i, q] of values.entries()) {
      const part = i >> 7
      const column = i & 31
      const quarter = (i & 127) >> 5
      low[part * 64 + (quarter & 1) * 32 + column] |= (q & 15) << ((quarter >> 1) * 4)
      high[part * 32 + column] |= (q >> 4) << (quarter * 2)
    }
    const scales = [...Array(16)].map((_, group) => (group - 8) & 255)
    const weights = read('Q6_K', block('Q6_K', low, high, scales, HALF))
    expect(weights).toEqual(values.map((q, i) => 0.5 * ((i >> 4) - 8) * (q - 32)))
  })
})
