// How a language model class reaches the model: over HTTP from outside a worker, straight to the engine inside one.

import type { TokenEvent, Usage } from '../stream/events.ts'
import type { GenerateBody } from '../stream/request.ts'

/** A body of `POST /generate/stream`; what is left out takes the service's default. */
export type GenerateInput = Partial<GenerateBody>

/** One generated token, or the text that was held back until the end (`tokenId` null; also where ids aren't known). */
export interface TokenChunk {
  type: 'token'
  text: string
  tokenId: number | null
  logprob?: NonNullable<TokenEvent['logprob']>
}

export interface EndChunk {
  type: 'end'
  reason: 'stop' | 'length' | 'cancelled'
  usage: Usage
}

export type GenerateChunk = TokenChunk | EndChunk

export interface GenerateTransport {
  /**
   * Tokens in order, then exactly one `end`. Stopping the iteration, or the signal, stops the generation.
   * Throws AppError when the generation fails, and the signal's reason when it was aborted.
   */
  generate(request: GenerateInput, options: { signal?: AbortSignal | undefined }): AsyncIterable<GenerateChunk>
}
