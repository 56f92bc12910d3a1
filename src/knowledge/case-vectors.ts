// What cases mean, as vectors of an embedding model. They are made between requests, once for each case, and kept in
// Redis beside it; until those of all the program's cases are there, nothing is found by meaning.

import { createHash } from 'node:crypto'
import type { KnowledgeCase } from './case.ts'
import type { CaseStore } from './case-store.ts'
import { seedCases } from './seed/seed-cases.ts'
import { meaningOf } from './wording.ts'

/** An embedding model. */
export interface TextVectors {
  /** Changes with whatever changes the vectors. */
  readonly fingerprint: string
  readonly dimensions: number
  /** Of length 1 each. @throws AppError where the model is away */
  vectorsOf(texts: readonly string[], as: 'query' | 'document', signal?: AbortSignal): Promise<Float32Array[]>
}

export interface Near {
  case: KnowledgeCase
  /** Cosine of the angle between the vectors. */
  similarity: number
}

/** Made at once: requests have their turn in between. */
const batchSize = 8
/** After a failure it is not tried again for this long. */
const pauseMs = 5000
/** A search that takes longer goes without. */
const searchTimeoutMs = 3000
/** Of the program's cases, how many have no other that is as near as the floor. */
const floorQuantile = 0.6
/** Below this no model calls two texts alike. */
const leastFloor = 0.3
/** Further cases only where they are nearly as near as the nearest. */
const minOfNearest = 0.9

export class CaseVectors {
  readonly #model: TextVectors
  readonly #store: CaseStore | null
  readonly #onError: (error: Error) => void
  /** By the case itself: a changed one is another, and what is dropped takes its vector along. */
  readonly #vectors = new WeakMap<KnowledgeCase, Float32Array>()
  readonly #queue = new Map<KnowledgeCase, string>()
  #filling: Promise<void> | null = null
  #notBefore = 0
  #floor: number | null = null

  constructor(model: TextVectors, store: CaseStore | null, onError: (error: Error) => void) {
    this.#model = model
    this.#store = store
    this.#onError = onError
  }

  /** Sees to it that these have vectors, some time. */
  want(scope: string, cases: readonly KnowledgeCase[]): void {
    for (const each of cases) if (!this.#vectors.has(each)) this.#queue.set(each, scope)
    if (this.#queue.size > 0 && performance.now() >= this.#notBefore) this.#filling ??= this.#fill()
  }

  /** Resolves when all that is wanted has its vector, or a failure keeps it from that. */
  async settled(): Promise<void> {
    await this.#filling
  }

  stop(): void {
    this.#notBefore = Number.POSITIVE_INFINITY
    this.#queue.clear()
  }

  /** The cases that mean what the text says, the nearest first. None while vectors are being made, or on a failure. */
  async near(text: string, cases: readonly KnowledgeCase[]): Promise<Near[]> {
    const query = meaningOf(text)
    const floor = this.#measuredFloor()
    if (floor === null || query === '') return []
    try {
      const [vector] = await this.#model.vectorsOf([query], 'query', AbortSignal.timeout(searchTimeoutMs))
      const all = cases.map((each) => {
        const own = this.#vectors.get(each)
        return { case: each, similarity: own === undefined ? 0 : dot(vector!, own) }
      })
      const least = Math.max(floor, minOfNearest * all.reduce((most, { similarity }) => Math.max(most, similarity), 0))
      return all.filter(({ similarity }) => similarity >= least).sort((a, b) => b.similarity - a.similarity)
    } catch (thrown) {
      this.#onError(thrown as Error)
      return []
    }
  }

  async #fill(): Promise<void> {
    while (this.#queue.size > 0) {
      const scope = this.#queue.values().next().value!
      const batch = [...this.#queue].flatMap(([each, its]) => (its === scope ? [each] : [])).slice(0, batchSize)
      try {
        await this.#make(scope, batch)
        for (const each of batch) this.#queue.delete(each)
      } catch (thrown) {
        if (this.#queue.size === 0) break
        this.#onError(thrown as Error)
        this.#notBefore = performance.now() + pauseMs
        break
      }
    }
    this.#filling = null
  }

  /** Takes those that some process has made, makes the others. */
  async #make(scope: string, cases: readonly KnowledgeCase[]): Promise<void> {
    const kept =
      (await this.#store?.vectors(
        scope,
        cases.map(({ id }) => id),
      )) ?? []
    const missing = cases.filter((each, index) => {
      const vector = this.#parse(each, kept[index])
      if (vector) this.#vectors.set(each, vector)
      return !vector
    })
    if (missing.length === 0) return
    const made = await this.#model.vectorsOf(missing.map(textOf), 'document')
    for (const [index, each] of missing.entries()) this.#vectors.set(each, made[index]!)
    const texts = missing.map((each, index): [string, string] => [each.id, this.#written(each, made[index]!)])
    await this.#store?.keepVectors(scope, texts)
  }

  /** `<model> <content> <float32 values, base64>`. What is of another model, of another text or damaged is made anew. */
  #written(each: KnowledgeCase, vector: Float32Array): string {
    const bytes = Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength)
    return `${this.#tag(each)} ${bytes.toString('base64')}`
  }

  #parse(each: KnowledgeCase, text: string | null | undefined): Float32Array | null {
    const tag = `${this.#tag(each)} `
    if (!text?.startsWith(tag)) return null
    const bytes = Buffer.from(text.slice(tag.length), 'base64')
    return bytes.length === 4 * this.#model.dimensions ? new Float32Array(new Uint8Array(bytes).buffer) : null
  }

  #tag(each: KnowledgeCase): string {
    return `${this.#model.fingerprint} ${createHash('sha256').update(textOf(each)).digest('base64url').slice(0, 16)}`
  }

  /**
   * How near a case must be. What a cosine says differs from model to model, so it is measured: the program's cases are
   * different failures, and what lies no nearer than they lie to each other is no match. null: not known yet.
   */
  #measuredFloor(): number | null {
    if (this.#floor !== null) return this.#floor
    const vectors = seedCases.map((each) => this.#vectors.get(each))
    if (vectors.some((vector) => vector === undefined)) return null
    const nearest = vectors.map((one) => Math.max(...vectors.map((other) => (one === other ? -1 : dot(one!, other!)))))
    nearest.sort((a, b) => a - b)
    this.#floor = Math.max(leastFloor, nearest[Math.floor(floorQuantile * nearest.length)]!)
    return this.#floor
  }
}

/** What a case says of how it shows. */
function textOf({ title, text }: KnowledgeCase): string {
  return [title, ...text.split('\n').map(meaningOf)].join('\n')
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}
