// Sets of characters, as sorted ranges of code points that don't touch. Surrogates are never in one: no UTF-8 text
// holds them.

/** `[first, last]` pairs, ascending. */
export type CharSet = readonly (readonly [number, number])[]

const last = 0x10ffff
const surrogates = [0xd800, 0xdfff] as const

export function charSet(...parts: (string | readonly [number, number])[]): CharSet {
  const ranges = parts.flatMap((part) =>
    typeof part === 'string' ? [...part].map((char) => [char.codePointAt(0)!, char.codePointAt(0)!] as const) : [part],
  )
  return withoutSurrogates(merged(ranges))
}

export function union(...sets: CharSet[]): CharSet {
  return merged(sets.flat())
}

/** Every character that is not in `set`. */
export function complement(set: CharSet): CharSet {
  const out: (readonly [number, number])[] = []
  let next = 0
  for (const [from, to] of set) {
    if (from > next) out.push([next, from - 1])
    next = to + 1
  }
  if (next <= last) out.push([next, last])
  return withoutSurrogates(out)
}

export function intersection(a: CharSet, b: CharSet): CharSet {
  return complement(union(complement(a), complement(b)))
}

export function has(set: CharSet, char: string): boolean {
  const code = char.codePointAt(0)!
  return set.some(([from, to]) => from <= code && code <= to)
}

function merged(ranges: (readonly [number, number])[]): CharSet {
  const out: [number, number][] = []
  for (const [from, to] of ranges.toSorted((a, b) => a[0] - b[0])) {
    const before = out.at(-1)
    if (before && from <= before[1] + 1) before[1] = Math.max(before[1], to)
    else out.push([from, to])
  }
  return out
}

function withoutSurrogates(set: CharSet): CharSet {
  const [low, high] = surrogates
  return set.flatMap(([from, to]) => {
    const parts: [number, number][] = []
    if (from < low) parts.push([from, Math.min(to, low - 1)])
    if (to > high) parts.push([Math.max(from, high + 1), to])
    return parts
  })
}
