// A generation: one sequence of the engine, every token of it an event.

import type { GeneratedToken, SequenceRequest, SequenceUsage } from '../inference/engine.ts'
import { usageOf } from '../stream/ends.ts'
import type { NewEvent, Usage } from '../stream/events.ts'
import { type GenerateRequest, promptOf } from '../stream/payload.ts'
import { deliveredTokens, type JobContext, runSequence } from './job-context.ts'

/**
 * Runs a generation to its end, from where earlier attempts have left it.
 * @returns the terminal event, or null when the signal ended it
 * @throws AppError with the reason where the request fails; `engine_crashed` where another attempt may succeed
 */
export async function generate(request: GenerateRequest, context: JobContext): Promise<NewEvent | null> {
  const { clock, signal, model } = context
  for await (const item of runSequence(context, toSequence(request, placeOf(context)), signal)) {
    if (!('kind' in item)) {
      clock.tokenArrived()
      context.write(tokenEvent(item))
      continue
    }
    const { completionTokens } = item.usage
    return {
      type: 'done',
      reason: item.reason,
      tokensGenerated: completionTokens,
      usage: wireUsage(item.usage),
      timings: clock.timings(completionTokens),
      model,
      seed: request.seed,
    }
  }
  return null
}

type SequencePlace = Pick<SequenceRequest, 'id' | 'generated' | 'deadlineAt'>

/** Behind the tokens that earlier attempts have delivered. */
export function placeOf({ sequenceId, events, clock }: JobContext): SequencePlace {
  return { id: sequenceId, generated: deliveredTokens(events), deadlineAt: clock.localDeadline }
}

/** The engine's form of a request. */
export function toSequence(request: GenerateRequest, place: SequencePlace): SequenceRequest {
  return {
    ...place,
    prompt: promptOf(request),
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
    format: request.response_format.type === 'text' ? null : request.response_format,
    logprobs: request.logprobs ?? null,
  }
}

/** The engine's counts in the form of events. */
export function wireUsage({ promptTokens, completionTokens, cachedTokens }: SequenceUsage): Usage {
  return usageOf(promptTokens, completionTokens, cachedTokens)
}

function tokenEvent({ text, tokenId, logprob }: GeneratedToken): NewEvent {
  return { type: 'token', text, tokenId, ...(logprob && { logprob }) }
}
