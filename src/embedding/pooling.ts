// The vectors of a text's tokens to one of length 1.

import type { Pooling } from './encoder-config.ts'

/** @param tokens `[tokens, size]`, without padding */
export function pooled(tokens: Float32Array, size: number, pooling: Pooling): Float32Array {
  if (pooling === 'cls') return tokens.slice(0, size)
  const count = tokens.length / size
  const sum = new Float64Array(size)
  for (let i = 0; i < tokens.length; i++) sum[i % size]! += tokens[i]!
  return Float32Array.from(sum, (value) => value / count)
}

/** In place. A vector of zeros, which has no direction, stays as it is. */
export function normalized(vector: Float32Array): Float32Array {
  let squares = 0
  for (const value of vector) squares += value * value
  const length = Math.sqrt(squares)
  if (length > 0) for (let i = 0; i < vector.length; i++) vector[i]! /= length
  return vector
}
