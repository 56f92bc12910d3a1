// The language model's way to the engine of this worker: the same interface as over HTTP, without the network.

import { AppError } from '../errors.ts'
import type { GenerateChunk, GenerateTransport } from '../llm/generate-transport.ts'
import type { GenerateRequest } from '../stream/payload.ts'
import { generateRequestSchema } from '../stream/request.ts'
import { toSequence } from './generate.ts'
import { deliveredTokens, heldTextDelivered, type JobContext, usageOf } from './processor.ts'

/**
 * A transport for the one generation of a job: it goes on behind the tokens that earlier attempts have delivered, and
 * yields none of them again. @throws AppError `engine_crashed` from `generate`, where another attempt may succeed
 */
export function engineTransport(context: JobContext, fixed: { seed: number; max_tokens: number }): GenerateTransport {
  return {
    async *generate(input, { signal }): AsyncGenerator<GenerateChunk> {
      const { stop, ...body } = generateRequestSchema.parse(input)
      const request: GenerateRequest = { ...body, ...fixed, stop: stop === undefined ? [] : [stop].flat() }
      const delivered = deliveredTokens(context.events)
      const heldDelivered = heldTextDelivered(context.events)
      const sequence = toSequence(context.id, request, delivered, context.record.deadline_at)
      const signals = signal ? AbortSignal.any([signal, context.signal]) : context.signal
      for await (const { tokens, end } of context.sequences.run(sequence, signals)) {
        for (const { text, tokenId, logprob } of tokens) {
          if (tokenId === null && heldDelivered) continue
          yield { type: 'token', text, tokenId, ...(logprob && { logprob }) }
        }
        if (end?.kind === 'failed') throw new AppError(end.code, end.message)
        if (end) {
          const { promptTokens, completionTokens, cachedTokens } = end.usage
          yield { type: 'end', reason: end.reason, usage: usageOf(promptTokens, completionTokens, cachedTokens) }
          return
        }
      }
      throw signals.reason
    },
  }
}
