// A generation: one sequence of the engine, every token of it an event.

import { AppError } from '../errors.ts'
import type { GeneratedToken, SequenceRequest } from '../inference/engine.ts'
import type { NewEvent } from '../stream/events.ts'
import type { GenerateRequest } from '../stream/payload.ts'
import { deliveredTokens, heldTextDelivered, type JobContext, usageOf } from './processor.ts'

/**
 * Runs a generation to its end, from where earlier attempts have left it.
 * @returns the terminal event, or null when the signal ended it
 * @throws AppError with the reason where the request fails; `engine_crashed` where another attempt may succeed
 */
export async function generate(request: GenerateRequest, context: JobContext): Promise<NewEvent | null> {
  const { id, record, events, clock } = context
  const heldDelivered = heldTextDelivered(events)
  const sequence = toSequence(id, request, deliveredTokens(events), record.deadline_at)
  for await (const { tokens, end } of context.sequences.run(sequence, context.signal)) {
    for (const token of tokens) {
      if (token.tokenId === null && heldDelivered) continue
      clock.tokenArrived()
      context.write(tokenEvent(token))
    }
    if (end?.kind === 'failed') throw new AppError(end.code, end.message)
    if (end) {
      const { promptTokens, completionTokens, cachedTokens } = end.usage
      return {
        type: 'done',
        reason: end.reason,
        tokensGenerated: completionTokens,
        usage: usageOf(promptTokens, completionTokens, cachedTokens),
        timings: clock.timings(completionTokens),
        model: context.model,
        seed: request.seed,
      }
    }
  }
  return null
}

/** @param generated ids that earlier attempts have delivered */
export function toSequence(
  id: string,
  request: GenerateRequest,
  generated: number[],
  deadlineAt: number,
): SequenceRequest {
  return {
    id,
    prompt: request.messages
      ? { kind: 'messages', messages: request.messages }
      : { kind: 'text', text: request.prompt ?? '' },
    sampling: {
      temperature: request.temperature,
      topP: request.top_p,
      topK: request.top_k,
      minP: request.min_p,
      repetitionPenalty: request.repetition_penalty,
      presencePenalty: request.presence_penalty,
      frequencyPenalty: request.frequency_penalty,
      seed: request.seed,
    },
    maxTokens: request.max_tokens,
    minTokens: request.min_tokens,
    stop: request.stop,
    ignoreEos: request.ignore_eos,
    logprobs: request.logprobs ?? null,
    generated,
    deadlineAt,
  }
}

export function tokenEvent({ text, tokenId, logprob }: GeneratedToken): NewEvent {
  return { type: 'token', text, tokenId, ...(logprob && { logprob }) }
}
