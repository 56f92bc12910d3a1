// Random numbers by place: the one for (seed, position, id) depends on nothing else, so a batch, a draft or another
// process draws the same. Philox4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3"
// (SC 2011), the generator of cuRAND; checked against its published vectors.

export type Words = readonly [number, number, number, number]

/** Ten rounds over a 128-bit counter under a 64-bit key, all in unsigned 32-bit words. */
export function philox(counter: Words, key: readonly [number, number]): Words {
  let [c0, c1, c2, c3] = counter
  let [k0, k1] = key
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(0xd2511f53, c0)
    const low0 = Math.imul(0xd2511f53, c0)
    const high1 = multiplyHigh(0xcd9e8d57, c2)
    const low1 = Math.imul(0xcd9e8d57, c2)
    c0 = high1 ^ c1 ^ k0
    c1 = low1
    c2 = high0 ^ c3 ^ k1
    c3 = low0
    k0 = (k0 + 0x9e3779b9) | 0
    k1 = (k1 + 0xbb67ae85) | 0
  }
  return [c0 >>> 0, c1 >>> 0, c2 >>> 0, c3 >>> 0]
}

/** The upper 32 bits of the product of two unsigned words, by 16-bit halves. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff
  const aHigh = a >>> 16
  const bLow = b & 0xffff
  const bHigh = b >>> 16
  const middle0 = Math.imul(aHigh, bLow)
  const middle1 = Math.imul(aLow, bHigh)
  const carry = (Math.imul(aLow, bLow) >>> 16) + (middle0 & 0xffff) + (middle1 & 0xffff)
  return (Math.imul(aHigh, bHigh) + (middle0 >>> 16) + (middle1 >>> 16) + (carry >>> 16)) | 0
}

/** Independent uniform numbers in (0, 1), one for every token that could stand at one position of a sequence. */
export class Noise {
  readonly #key: readonly [number, number]
  readonly #position: number
  /** One run of the generator serves four neighbouring ids. */
  #block = -1
  #words: Words = [0, 0, 0, 0]

  /**
   * @param seed an integer from 0 to 2^53-1
   * @param position index of the generated token in its sequence, from 0
   */
  constructor(seed: number, position: number) {
    this.#key = [seed | 0, Math.floor(seed / 2 ** 32)]
    this.#position = position
  }

  at(id: number): number {
    const block = id >>> 2
    if (block !== this.#block) {
      this.#words = philox([this.#position, block, 0, 0], this.#key)
      this.#block = block
    }
    return (this.#words[id & 3]! + 0.5) / 2 ** 32
  }
}
