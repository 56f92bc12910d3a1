// The language model's way to the engine of this worker: the same interface as over HTTP, without the network.

import type { GenerateChunk, GenerateTransport } from '../llm/generate-transport.ts'
import { fixGenerate } from '../stream/payload.ts'
import { generateRequestSchema } from '../stream/request.ts'
import { placeOf, toSequence, wireUsage } from './generate.ts'
import { type JobContext, runSequence } from './job-context.ts'

/**
 * A transport for the one generation of a job: it goes on behind the tokens that earlier attempts have delivered, and
 * yields none of them again. @throws AppError `engine_crashed` from `generate`, where another attempt may succeed
 */
export function engineTransport(context: JobContext, fixed: { seed: number; max_tokens: number }): GenerateTransport {
  return {
    async *generate(input, { signal }): AsyncGenerator<GenerateChunk> {
      const body = generateRequestSchema.parse(input)
      const request = fixGenerate({ ...body, seed: fixed.seed }, fixed.max_tokens)
      const signals = signal ? AbortSignal.any([signal, context.signal]) : context.signal
      for await (const item of runSequence(context, toSequence(request, placeOf(context)), signals)) {
        if (!('kind' in item)) {
          yield { type: 'token', ...item }
          continue
        }
        yield { type: 'end', reason: item.reason, usage: wireUsage(item.usage) }
        return
      }
      throw signals.reason
    },
  }
}
