// Finds which of many literals occur in a line, in one pass over its characters (Aho and Corasick, 1975). A line costs
// the same whether there are ten literals or a thousand; case of ASCII letters does not count.

const width = 128

export class HintFinder {
  /** `[states, 128]`: the state after reading a character. */
  readonly #next: Uint16Array
  /** The hints that end in a state, its suffixes' included. */
  readonly #found: (Uint16Array | null)[]
  /** When each hint was last reported, so that none is reported twice for a line. */
  readonly #reportedAt: Uint32Array
  #line = 0

  /** @param hints lowercase ASCII or not; a character outside ASCII in a hint matches any such character */
  constructor(hints: string[]) {
    const trie = buildTrie(hints)
    this.#next = trie.next
    this.#found = trie.found.map((ids) => (ids.length === 0 ? null : Uint16Array.from(ids)))
    this.#reportedAt = new Uint32Array(hints.length)
  }

  /** Indexes of the hints that occur in the text, each once, in no particular order. */
  find(text: string): number[] {
    const next = this.#next
    const found = this.#found
    const reportedAt = this.#reportedAt
    const line = ++this.#line
    const hits: number[] = []
    let state = 0
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      state = next[state * width + (code < width ? code : 0)]!
      const ids = found[state]
      if (ids === null || ids === undefined) continue
      for (const id of ids) {
        if (reportedAt[id] === line) continue
        reportedAt[id] = line
        hits.push(id)
      }
    }
    return hits
  }
}

function buildTrie(hints: string[]): { next: Uint16Array; found: number[][] } {
  const most = 1 + hints.reduce((sum, hint) => sum + hint.length, 0)
  const next = new Uint16Array(most * width)
  const found: number[][] = [[]]
  hints.forEach((hint, id) => {
    let state = 0
    for (let i = 0; i < hint.length; i++) {
      const at = state * width + columnOf(hint.charCodeAt(i))
      if (next[at] === 0) next[at] = found.push([]) - 1
      state = next[at]!
    }
    found[state]!.push(id)
  })
  linkSuffixes(next, found)
  for (let state = 0; state < found.length; state++) foldCase(next, state)
  return { next: next.slice(0, found.length * width), found }
}

/** Breadth first: where a state has no edge, that of its longest proper suffix is taken. */
function linkSuffixes(next: Uint16Array, found: number[][]): void {
  const suffix = new Uint16Array(found.length)
  const queue: number[] = []
  for (let code = 0; code < width; code++) if (next[code] !== 0) queue.push(next[code]!)
  for (let head = 0; head < queue.length; head++) {
    const state = queue[head]!
    const fallback = suffix[state]!
    found[state]!.push(...found[fallback]!)
    for (let code = 0; code < width; code++) {
      const at = state * width + code
      const other = next[fallback * width + code]!
      if (next[at] === 0) next[at] = other
      else {
        suffix[next[at]!] = other
        queue.push(next[at]!)
      }
    }
  }
}

function foldCase(next: Uint16Array, state: number): void {
  for (let code = 65; code <= 90; code++) next[state * width + code] = next[state * width + code + 32]!
}

function columnOf(code: number): number {
  return code < width ? code : 0
}
