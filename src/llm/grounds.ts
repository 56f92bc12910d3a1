// What a model's sentence may rest on: the facts, the excerpt of the log and the cases that it was shown. What stands in
// none of them is made up.

/** Below this, a quotation is a word that anybody may use. */
const minQuoted = 3

/** Of a sentence's words, what must be known; a small model that loses the thread speaks of other things. */
const minKnown = 0.55
/** Words that any explanation needs. */
const common = new Set(
  'because cause caused causes cannot could does doing error fail failed fails failing failure fixed fixes from have into means problem reason should that their then there these they this those when where which while will with without would your'.split(
    ' ',
  ),
)

export class Grounds {
  readonly #text: string
  readonly #stems: Set<string>
  readonly #numbers: Set<string>

  constructor(texts: readonly string[]) {
    this.#text = comparable(texts.join('\n'))
    this.#stems = new Set(stemsOf(this.#text))
    this.#numbers = new Set(this.#text.match(/\d+/g) ?? [])
  }

  /** Whether everything in the sentence that can be checked stands in what was shown. */
  carry(sentence: string): boolean {
    if (/https?:|www\.|<\|/i.test(sentence)) return false
    const quoted = [...sentence.matchAll(/"([^"]+)"|“([^”]+)”|«([^»]+)»|`([^`]+)`|(?<!\w)'([^']+)'(?!\w)/g)]
    if (!quoted.every((match) => this.#shows(match.slice(1).find((group) => group !== undefined) ?? ''))) return false
    // The number of an item in a list says nothing.
    const claims = sentence.replace(/^\s*\d{1,2}[.)]\s/, '')
    if (!(claims.match(/\d+/g) ?? []).every((number) => this.#numbers.has(number))) return false
    return namesIn(claims).every((name) => this.#shows(name)) && this.#isOnTopic(claims)
  }

  #isOnTopic(sentence: string): boolean {
    const stems = stemsOf(sentence.toLowerCase())
    return stems.length > 0 && stems.filter((stem) => this.#stems.has(stem)).length >= minKnown * stems.length
  }

  #shows(text: string): boolean {
    const wanted = comparable(text).replace(/[.,:;!?]+$/, '')
    return wanted.length < minQuoted || this.#text.includes(wanted)
  }
}

/** Files, paths, flags, domains and identifiers: names that only somebody who saw them can know. */
function namesIn(sentence: string): string[] {
  return sentence
    .split(/[\s"“”«»`()[\]{},;]+/)
    .map((word) => word.replace(/^['*]+|['*.:!?]+$/g, ''))
    .filter(
      (word) =>
        /\w[\\/]\w|^[\\/]\w|\w\.[a-z]\w*$|_|^--?[a-z]|[a-z][A-Z]|::/i.test(word) &&
        !/^(e\.g|i\.e|and\/or|etc)$/i.test(word),
    )
    .filter((word) => /[\\/._:-]|[a-z][A-Z]/.test(word))
}

/** Beginnings of the telling words: `library` and `libraries` are the same word. */
function stemsOf(text: string): string[] {
  const words = text.match(/[\p{L}_]{4,}/gu) ?? []
  return words.filter((word) => !common.has(word)).map((word) => word.slice(0, 5))
}

function comparable(text: string): string {
  return text.toLowerCase().replaceAll(/\s+/g, ' ').trim()
}
