// A safetensors file of vectors, stored as bfloat16: two or three digits are enough for what we keep in them.

export interface StoredVector {
  name: string
  values: Float32Array
}

export function encodeSafetensors(vectors: readonly StoredVector[]): Uint8Array {
  let offset = 0
  const entries = vectors.map(({ name, values }) => {
    const range = [offset, offset + values.length * 2]
    offset += values.length * 2
    return [name, { dtype: 'BF16', shape: [values.length], data_offsets: range }]
  })
  const header = Buffer.from(JSON.stringify(Object.fromEntries(entries)))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(header.length))
  return Buffer.concat([length, header, ...vectors.map(({ values }) => roundToBrain(values))])
}

/** To the nearest bfloat16, the upper half of a float32. */
function roundToBrain(values: Float32Array): Uint8Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length)
  const rounded = Uint16Array.from(bits, (word) => (word + 0x7fff + ((word >>> 16) & 1)) >>> 16)
  return new Uint8Array(rounded.buffer)
}
