// The embedding model of a process: one line of work in front of one child process, for whoever needs vectors.

import { EmbeddingLine } from './embedding-line.ts'
import type { TextEncoder } from './embedding-work.ts'
import { ProcessEncoder } from './process-encoder.ts'

export interface EmbeddingSettings {
  /** null: none. */
  embeddingModel: string | null
  dataDir: string
}

export class Embeddings {
  readonly line: EmbeddingLine
  readonly #close: () => Promise<void>

  /** @throws AppError `bad_model` */
  static async open(settings: EmbeddingSettings, onDeath: (message: string) => void): Promise<Embeddings | null> {
    const { embeddingModel: model, dataDir } = settings
    if (model === null) return null
    const encoder = await ProcessEncoder.start({ model, dataDir, onDeath })
    return new Embeddings(encoder)
  }

  constructor(encoder: TextEncoder & { close(): Promise<void> }) {
    this.line = new EmbeddingLine(encoder)
    this.#close = () => encoder.close()
  }

  /** Changes with whatever changes the vectors. */
  get fingerprint(): string {
    return this.line.info.fingerprint
  }

  get dimensions(): number {
    return this.line.info.dimensions
  }

  /** For this process's own searches; what is too long is cut. Of length 1. @throws AppError `unavailable`, `engine_failed` */
  async vectorsOf(texts: readonly string[], as: 'query' | 'document', signal?: AbortSignal): Promise<Float32Array[]> {
    const prompted = texts.map((text) => this.line.info.prompts[as] + text)
    const { vectors } = await this.line.embed(prompted, { owner: null, cut: true, ...(signal && { signal }) })
    return vectors
  }

  close(): Promise<void> {
    return this.#close()
  }
}
