// What is counted of the embedding model of this process.

import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { EmbeddingLine } from '../../embedding/embedding-line.ts'

export class EmbeddingMetrics {
  readonly #tokens: Counter
  readonly #seconds: Histogram

  constructor(registry: Registry, line: EmbeddingLine) {
    const registers = [registry]
    this.#tokens = new Counter({
      name: 'workflowai:embedding_tokens_total',
      help: 'Tokens of requests for embeddings that were answered',
      registers,
    })
    this.#seconds = new Histogram({
      name: 'workflowai:embedding_seconds',
      help: 'From a valid request for embeddings to its vectors',
      buckets: [0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96],
      registers,
    })
    new Gauge({
      name: 'workflowai:embedding_tokens_waiting',
      help: 'Tokens that wait to be embedded, guessed where they are not counted yet',
      registers,
      collect() {
        this.set(line.waitingTokens)
      },
    })
  }

  answered(tokens: number, startedAt: number): void {
    this.#tokens.inc(tokens)
    this.#seconds.observe((performance.now() - startedAt) / 1000)
  }
}
