// The events of a generation by a running service, as chunks.

import { z } from 'zod'
import type { GenerateEvent } from '../client/types.ts'
import { AppError } from '../errors.ts'
import { usageSchema } from '../stream/events.ts'
import type { GenerateChunk } from './generate-transport.ts'

const tokenSchema = z.object({
  token: z.string(),
  id: z.int().optional(),
  logprob: z.number().optional(),
  top: z.array(z.object({ token: z.string(), id: z.int(), logprob: z.number() })).optional(),
})
const doneSchema = z.object({ finish_reason: z.enum(['stop', 'length', 'cancelled']), usage: usageSchema })

/**
 * The chunk of one event; null for events that tell of waiting only, and for kinds that a later version adds.
 * @throws AppError `engine_failed` for an event that can't be read
 */
export function chunkOf(event: GenerateEvent): GenerateChunk | null {
  switch (event.type) {
    case 'token': {
      const { token, id, logprob, top } = read(tokenSchema, event)
      const chunk = { type: 'token' as const, text: token, tokenId: id ?? null }
      return id === undefined || logprob === undefined
        ? chunk
        : { ...chunk, logprob: { token, id, logprob, top: top ?? [] } }
    }
    case 'done': {
      const { finish_reason, usage } = read(doneSchema, event)
      return { type: 'end', reason: finish_reason, usage }
    }
    default:
      return null
  }
}

function read<Data>(schema: z.ZodType<Data>, event: GenerateEvent): Data {
  const { success, data, error: cause } = schema.safeParse(event)
  if (success) return data
  const message = `the service sent a ${event.type} event that can't be read: ${JSON.stringify(event).slice(0, 200)}`
  throw new AppError('engine_failed', message, { cause })
}
