// Drain (He et al., 2017): groups log lines into templates with a tree of fixed depth. A line goes down by its number of
// words and its first words, then joins the most similar template of the leaf, whose differing words become wildcards.
// Bounded everywhere, so that a log of a million different lines costs no more per line than any other.

const similarityThreshold = 0.4
/** Root, word count, two words: the leaf is the fourth level. */
const prefixWords = 2
const maxWords = 40
const maxLength = 512
const maxChildren = 100
const maxTemplatesPerLeaf = 32
const maxRemembered = 10_000
/** Beyond it a new kind of line widens the nearest template of its leaf, or joins the one that stands for all others. */
const maxTemplates = 20_000

const wildcard = '<*>'

export interface Template {
  id: number
  /** How many lines it stands for. */
  count: number
  words: string[]
}

interface Leaf {
  templates: Template[]
}

export class Drain {
  readonly templates: Template[] = []
  readonly #leaves = new Map<string, Leaf>()
  readonly #children = new Map<string, number>()
  /** Exact repeats, the most common case, skip the tree. */
  readonly #known = new Map<string, Template>()
  /** What has no leaf of its own any more. */
  #other: Template | null = null

  /** Adds one line and returns its template. Blank lines have one too. */
  add(body: string): Template {
    const line = body.length > maxLength ? body.slice(0, maxLength) : body
    const seen = this.#known.get(line)
    if (seen !== undefined) {
      seen.count++
      return seen
    }
    const words = line.trim().split(/\s+/, maxWords)
    const template = this.#join(this.#leafOf(words), words)
    template.count++
    if (this.#known.size < maxRemembered) this.#known.set(line, template)
    return template
  }

  #leafOf(words: string[]): Leaf {
    let path = String(words.length)
    for (let depth = 0; depth < Math.min(prefixWords, words.length); depth++)
      path = this.#childPath(path, words[depth]!)
    let leaf = this.#leaves.get(path)
    if (leaf === undefined) {
      leaf = { templates: [] }
      this.#leaves.set(path, leaf)
    }
    return leaf
  }

  /** Words with digits vary too much to branch on; so does everything once a node has too many children. */
  #childPath(parent: string, word: string): string {
    const path = `${parent}\n${/\d/.test(word) ? wildcard : word}`
    if (this.#children.has(path)) return path
    const count = this.#children.get(parent) ?? 0
    if (count >= maxChildren) return `${parent}\n${wildcard}`
    this.#children.set(parent, count + 1)
    this.#children.set(path, 0)
    return path
  }

  #join(leaf: Leaf, words: string[]): Template {
    let best: Template | null = null
    let bestSimilarity = -1
    for (const template of leaf.templates) {
      const similarity = similarityOf(template.words, words)
      if (similarity > bestSimilarity) {
        best = template
        bestSimilarity = similarity
      }
    }
    // A full leaf takes what it gets: the nearest template widens.
    const full = leaf.templates.length >= maxTemplatesPerLeaf || this.templates.length >= maxTemplates
    if (best !== null && (bestSimilarity >= similarityThreshold || full)) {
      widen(best, words)
      return best
    }
    if (full && this.#other !== null) return this.#other
    const template = {
      id: this.templates.length,
      count: 0,
      words: words.map((word) => (/\d/.test(word) ? wildcard : word)),
    }
    this.templates.push(template)
    if (full) this.#other = template
    leaf.templates.push(template)
    return template
  }
}

/** The share of words that are equal; a wildcard equals nothing, as in the paper, but a word that it stands for by its digits. */
function similarityOf(template: string[], words: string[]): number {
  let equal = 0
  for (let i = 0; i < words.length; i++) {
    const expected = template[i]
    if (expected === words[i] || (expected === wildcard && /\d/.test(words[i]!))) equal++
  }
  return equal / words.length
}

function widen(template: Template, words: string[]): void {
  for (let i = 0; i < words.length; i++) if (template.words[i] !== words[i]) template.words[i] = wildcard
}
