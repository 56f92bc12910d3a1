// The language model's way to an engine that serves nobody else: without a queue, in programs that analyse by themselves.

import { AppError } from '../errors.ts'
import type { GenerateChunk, GenerateTransport } from '../llm/generate-transport.ts'
import { defaultMaxTokens, fixGenerate } from '../stream/payload.ts'
import { generateRequestSchema } from '../stream/request.ts'
import type { EngineSequences } from './engine-sequences.ts'
import { toSequence, wireUsage } from './generate.ts'

/** Whoever iterates is the reader: it takes what comes. */
const reader = { room: () => null }

export function ownEngineTransport(sequences: EngineSequences): GenerateTransport {
  let count = 0
  return {
    async *generate(input, { signal = new AbortController().signal }): AsyncGenerator<GenerateChunk> {
      const body = generateRequestSchema.parse(input)
      const request = fixGenerate(body, body.max_tokens ?? defaultMaxTokens)
      const place = { id: `own:${++count}`, generated: [], deadlineAt: Date.now() + body.deadline_ms }
      for await (const { tokens, end } of sequences.run(toSequence(request, place), signal, reader)) {
        for (const token of tokens) yield { type: 'token', ...token }
        if (end?.kind === 'failed') throw new AppError(end.code, end.message)
        if (end?.kind === 'finished') {
          yield { type: 'end', reason: end.reason, usage: wireUsage(end.usage) }
          return
        }
      }
      signal.throwIfAborted()
    },
  }
}
