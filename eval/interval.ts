// A share of a small sample says little without its interval.

export interface Share {
  hits: number
  total: number
  /** NaN of none. */
  value: number
  /** Wilson's 95 % interval. */
  low: number
  high: number
}

const z = 1.959963984540054

export function share(hits: number, total: number): Share {
  if (total === 0) return { hits, total, value: Number.NaN, low: 0, high: 1 }
  const p = hits / total
  const middle = (p + (z * z) / (2 * total)) / (1 + (z * z) / total)
  const reach = (z / (1 + (z * z) / total)) * Math.sqrt((p * (1 - p)) / total + (z * z) / (4 * total * total))
  return { hits, total, value: p, low: Math.max(0, middle - reach), high: Math.min(1, middle + reach) }
}
