// What is refused before it reaches a step.

import { AppError } from '../errors.ts'

/** Throws `invalid_request` unless the prompt has tokens and leaves room for an answer. */
export function checkLength(prompt: number[], maxContext: number): void {
  if (prompt.length === 0) {
    throw new AppError('invalid_request', 'the prompt is empty: it has no tokens to start from', { field: 'prompt' })
  }
  if (prompt.length >= maxContext) {
    throw new AppError(
      'invalid_request',
      `the prompt has ${prompt.length} tokens, and the context of ${maxContext} must also hold the answer: shorten it`,
      { field: 'prompt' },
    )
  }
}

/** Throws `invalid_request` for an id outside the vocabulary: it would make the whole batch fail. */
export function checkGenerated(ids: readonly number[], vocabSize: number): void {
  const wrong = ids.findIndex((id) => !Number.isInteger(id) || id < 0 || id >= vocabSize)
  if (wrong === -1) return
  throw new AppError('invalid_request', `generated[${wrong}] is ${ids[wrong]}, which is no token id of this model`, {
    field: `generated[${wrong}]`,
  })
}
