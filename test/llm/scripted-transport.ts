// A transport that says what a test wants: words as tokens, then an end, a failure or silence.

import type { GenerateChunk, GenerateInput, GenerateTransport } from '../../src/llm/generate-transport.ts'

export interface Script {
  words: string[]
  reason?: 'stop' | 'length' | 'cancelled'
  /** Thrown after the words. */
  failure?: unknown
  /** Ends after the words without saying so. */
  cutOff?: boolean
  /** Waits for the signal after the words. */
  hang?: boolean
}

export class ScriptedTransport implements GenerateTransport {
  readonly requests: GenerateInput[] = []
  /** Iterations that were left before their end. */
  stopped = 0

  constructor(private readonly script: Script | ((request: GenerateInput) => Script)) {}

  async *generate(
    request: GenerateInput,
    { signal }: { signal?: AbortSignal | undefined },
  ): AsyncGenerator<GenerateChunk> {
    this.requests.push(request)
    const {
      words,
      reason = 'stop',
      failure,
      cutOff,
      hang,
    } = typeof this.script === 'function' ? this.script(request) : this.script
    let over = false
    try {
      for (const [index, text] of words.entries()) {
        await new Promise((resolve) => setImmediate(resolve))
        signal?.throwIfAborted()
        yield { type: 'token', text, tokenId: 100 + index }
      }
      if (hang) await aborted(signal)
      over = true
      if (failure !== undefined) throw failure
      if (cutOff) return
      yield { type: 'end', reason, usage: usageFor(words.length) }
    } finally {
      if (!over) this.stopped++
    }
  }
}

export function usageFor(words: number) {
  return { prompt_tokens: 10, completion_tokens: words, total_tokens: 10 + words, cached_tokens: 0 }
}

function aborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    if (signal?.aborted) reject(signal.reason)
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
