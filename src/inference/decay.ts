// e^-x from a table: a softmax over 49,152 tokens by Math.exp takes a millisecond, as long as 1/30 of a whole step.

/** Beyond this e^-x counts as 0: 49,152 such tokens weigh less than 5e-9 of the best one together. */
export const decayLimit = 30
const perUnit = 128
const table = Float64Array.from({ length: decayLimit * perUnit + 2 }, (_, i) => Math.exp(-i / perUnit))

/** e^-x for x >= 0, at most 8e-6 of it too great (linear interpolation, h = 1/128); never increases with x. */
export function decay(x: number): number {
  if (!(x < decayLimit)) return 0
  const scaled = x * perUnit
  const index = scaled | 0
  const left = table[index]!
  return left + (table[index + 1]! - left) * (scaled - index)
}
