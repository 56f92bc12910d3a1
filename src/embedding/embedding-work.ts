// One request for vectors, done in small steps: first its texts become ids, then the ids vectors, a batch of about the
// same length at a time. Between two steps others have theirs.

import { AppError } from '../errors.ts'
import type { EncoderInfo } from './encoder.ts'

/** A text, or the ids of its tokens as the model is to see them. */
export type EmbeddingInput = string | readonly number[]

/** What does the steps: `ProcessEncoder`. */
export interface TextEncoder {
  readonly info: EncoderInfo
  tokenize(texts: readonly string[]): Promise<number[][]>
  encode(texts: readonly (readonly number[])[]): Promise<Float32Array[]>
}

export interface Embedded {
  /** In the order of the inputs, of length 1. */
  vectors: Float32Array[]
  /** In all of them. */
  tokens: number
}

export interface EmbeddingOptions {
  /** Whose request it is; null: this process's own, which is never refused. */
  owner: string | null
  /** Who asked has gone. */
  signal?: AbortSignal
  /** Called with the tokens of each input before any is embedded. What it throws ends the request. */
  onCounted?: (tokens: readonly number[]) => void | Promise<void>
  /** Cut inputs that are too long for the model. Otherwise `onCounted` refuses them. */
  cut?: boolean
}

/** Of a step: some tens of milliseconds of work for a small model. */
const stepCharacters = 32_768
const stepTokens = 512

export class EmbeddingWork {
  readonly result: Promise<Embedded>
  readonly options: EmbeddingOptions
  /** `counted`: every text has become ids, `begin` is next. */
  state: 'texts' | 'counted' | 'ids' | 'settled'
  /** Tokens that wait, guessed until they are counted. */
  waiting: number
  readonly #ids: (readonly number[])[]
  readonly #texts: { text: string; at: number }[] = []
  #order: number[] = []
  readonly #vectors: Float32Array[] = []
  #tokens = 0
  #resolve!: (embedded: Embedded) => void
  #reject!: (reason: unknown) => void

  constructor(inputs: readonly EmbeddingInput[], options: EmbeddingOptions) {
    this.options = options
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.#ids = inputs.map((input, at) => {
      if (typeof input !== 'string') return input
      this.#texts.push({ text: input, at })
      return []
    })
    this.state = this.#texts.length > 0 ? 'texts' : 'counted'
    this.waiting = guessedTokens(inputs)
  }

  /** Once, when everything is counted. Never throws: what `onCounted` does ends the work. */
  async begin({ maxTokens }: EncoderInfo): Promise<void> {
    try {
      if (this.options.cut) this.#cut(maxTokens)
      const counts = this.#ids.map((ids) => ids.length)
      this.#tokens = counts.reduce((sum, count) => sum + count, 0)
      this.waiting = this.#tokens
      await this.options.onCounted?.(counts)
      if (this.state !== 'counted') return
      this.#order = [...counts.keys()].sort((a, b) => counts[a]! - counts[b]!)
      this.state = 'ids'
    } catch (thrown) {
      this.fail(thrown)
    }
  }

  /** Never throws: what the encoder throws ends the work. */
  async step(encoder: TextEncoder): Promise<void> {
    try {
      if (this.state === 'texts') await this.#tokenize(encoder)
      else if (this.state === 'ids') await this.#encode(encoder)
    } catch (thrown) {
      this.fail(thrown)
    }
  }

  fail(reason: unknown): void {
    this.state = 'settled'
    this.#reject(reason)
  }

  /** Inputs of more tokens lose their end, but not the sign that closes a text. */
  #cut(mostTokens: number): void {
    for (const [at, ids] of this.#ids.entries()) {
      if (ids.length > mostTokens) this.#ids[at] = [...ids.slice(0, mostTokens - 1), ids.at(-1)!]
    }
  }

  async #tokenize(encoder: TextEncoder): Promise<void> {
    let count = 0
    for (let characters = 0; count < this.#texts.length && characters < stepCharacters; count++) {
      characters += this.#texts[count]!.text.length
    }
    const taken = this.#texts.splice(0, count)
    const ids = await encoder.tokenize(taken.map(({ text }) => text))
    for (const [index, { at }] of taken.entries()) this.#ids[at] = ids[index]!
    if (this.#texts.length === 0 && this.state === 'texts') this.state = 'counted'
  }

  async #encode(encoder: TextEncoder): Promise<void> {
    const longest = (count: number) => this.#ids[this.#order[count - 1]!]!.length
    let count = 1
    while (count < this.#order.length && (count + 1) * longest(count + 1) <= stepTokens) count++
    const places = this.#order.splice(0, count)
    const batch = places.map((at) => this.#ids[at]!)
    const vectors = await encoder.encode(batch)
    if (vectors.length !== batch.length) throw new AppError('internal', 'the encoder left out a vector')
    for (const [index, at] of places.entries()) this.#vectors[at] = vectors[index]!
    this.waiting -= batch.reduce((sum, ids) => sum + ids.length, 0)
    if (this.#order.length > 0 || this.state !== 'ids') return
    this.state = 'settled'
    this.#resolve({ vectors: this.#vectors, tokens: this.#tokens })
  }
}

/** Before they are counted: a token is about four bytes, in English four characters, in Chinese one or two. */
export function guessedTokens(inputs: readonly EmbeddingInput[]): number {
  return inputs.reduce(
    (sum, input) => sum + (typeof input === 'string' ? Math.ceil(Buffer.byteLength(input) / 4) : input.length),
    0,
  )
}
