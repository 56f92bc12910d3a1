// How the model's context is shared between the prompt's fixed text, the log and the answer:
//
//   context = frame (instructions and chat template) + log (facts and pack) + max_tokens
//
// The frame's text lives with the prompt; a test holds it to `promptFrameTokens` with the real tokenizer.

import { AppError } from '../errors.ts'

/** Instructions, delimiters and the chat template's own tokens, with some room for another model's tokenizer. */
export const promptFrameTokens = 320

/** Less than this shows no failing line with anything around it. */
export const minimumLogTokens = 128

/**
 * Tokens left for the log's facts and pack.
 * Throws `invalid_request` when max_tokens leaves less than `minimumLogTokens`, saying how many are possible.
 */
export function logBudgetTokens(contextTokens: number, maxTokens: number): number {
  const budget = contextTokens - promptFrameTokens - maxTokens
  if (budget >= minimumLogTokens) return budget
  const most = contextTokens - promptFrameTokens - minimumLogTokens
  throw new AppError(
    'invalid_request',
    `max_tokens ${maxTokens} leaves no room for the log in a context of ${contextTokens} tokens; at most ${most} are possible`,
    { field: 'max_tokens' },
  )
}
