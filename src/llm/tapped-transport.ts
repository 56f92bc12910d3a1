// A transport that remembers what passed through it: LangChain's streams carry text, the job's events need token ids.

import type { EndChunk, GenerateChunk, GenerateInput, GenerateTransport, TokenChunk } from './generate-transport.ts'

export class TappedTransport implements GenerateTransport {
  readonly #inner: GenerateTransport
  end: EndChunk | null = null
  /** What the transport itself threw, before anything above wrapped or replaced it. */
  failure: unknown = null
  #tokens: TokenChunk[] = []

  constructor(inner: GenerateTransport) {
    this.#inner = inner
  }

  async *generate(
    request: GenerateInput,
    options: { signal?: AbortSignal | undefined },
  ): AsyncGenerator<GenerateChunk> {
    try {
      for await (const chunk of this.#inner.generate(request, options)) {
        if (chunk.type === 'end') this.end = chunk
        else this.#tokens.push(chunk)
        yield chunk
      }
    } catch (thrown) {
      this.failure = thrown
      throw thrown
    }
  }

  /** The tokens since the last call. */
  take(): TokenChunk[] {
    const taken = this.#tokens
    this.#tokens = []
    return taken
  }
}
