// The events of a generation as they come over the wire, as chunks.

import { z } from 'zod'
import { AppError } from '../errors.ts'
import { usageSchema } from '../stream/events.ts'
import type { GenerateChunk } from './generate-transport.ts'
import { codeOf } from './wire-error.ts'

const tokenData = z.object({
  token: z.string(),
  id: z.int().optional(),
  logprob: z.number().optional(),
  top: z.array(z.object({ token: z.string(), id: z.int(), logprob: z.number() })).optional(),
})
const doneData = z.object({ finish_reason: z.enum(['stop', 'length', 'cancelled']), usage: usageSchema })
const errorData = z.object({ error: z.string(), code: z.string() })

/**
 * The chunk of one Server-Sent Event; null for events that tell of waiting only, and for kinds that a later version adds.
 * Throws the AppError that an `error` event carries, and `engine_failed` for data that can't be read.
 */
export function chunkOf(event: string, data: string): GenerateChunk | null {
  switch (event) {
    case 'token': {
      const { token, id, logprob, top } = read(tokenData, event, data)
      const chunk = { type: 'token' as const, text: token, tokenId: id ?? null }
      return id === undefined || logprob === undefined
        ? chunk
        : { ...chunk, logprob: { token, id, logprob, top: top ?? [] } }
    }
    case 'done': {
      const { finish_reason, usage } = read(doneData, event, data)
      return { type: 'end', reason: finish_reason, usage }
    }
    case 'error': {
      const { error, code } = read(errorData, event, data)
      throw new AppError(codeOf(code, 'engine_failed'), error)
    }
    default:
      return null
  }
}

function read<T>(schema: z.ZodType<T>, event: string, data: string): T {
  try {
    return schema.parse(JSON.parse(data))
  } catch (cause) {
    throw new AppError('engine_failed', `the service sent a ${event} event that can't be read: ${data.slice(0, 200)}`, {
      cause,
    })
  }
}
