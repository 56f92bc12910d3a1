// The language model's way to an engine that serves nobody else: without a queue, in programs that analyse by themselves.

import { randomInt } from 'node:crypto'
import { AppError } from '../errors.ts'
import type { GenerateChunk, GenerateTransport } from '../llm/generate-transport.ts'
import { usageOf } from '../stream/ends.ts'
import { generateRequestSchema } from '../stream/request.ts'
import type { EngineSequences } from './engine-sequences.ts'
import { toSequence } from './generate.ts'

const defaultMaxTokens = 256
const maxSeedExclusive = 2 ** 48 - 1

/** Whoever iterates is the reader: it takes what comes. */
const reader = { room: () => null }

export function ownEngineTransport(sequences: EngineSequences): GenerateTransport {
  let count = 0
  return {
    async *generate(input, { signal = new AbortController().signal }): AsyncGenerator<GenerateChunk> {
      const { stop, ...body } = generateRequestSchema.parse(input)
      const request = {
        ...body,
        stop: stop === undefined ? [] : [stop].flat(),
        max_tokens: body.max_tokens ?? defaultMaxTokens,
        seed: body.seed ?? randomInt(maxSeedExclusive),
      }
      const place = { id: `own:${++count}`, generated: [], deadlineAt: Date.now() + body.deadline_ms }
      for await (const { tokens, end } of sequences.run(toSequence(request, place), signal, reader)) {
        for (const token of tokens) yield { type: 'token', ...token }
        if (end?.kind === 'failed') throw new AppError(end.code, end.message)
        if (end?.kind === 'finished') {
          const { promptTokens, completionTokens, cachedTokens } = end.usage
          yield { type: 'end', reason: end.reason, usage: usageOf(promptTokens, completionTokens, cachedTokens) }
          return
        }
      }
      signal.throwIfAborted()
    },
  }
}
