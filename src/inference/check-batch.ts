// What every runner refuses before it touches the cache.

import { AppError } from '../errors.ts'
import type { ForwardBatch, ModelShape } from './model-runner.ts'

/** Throws `internal` for slots, lengths or ids that the model doesn't have: kernels would read outside their tables. */
export function checkBatch({ firstSlot, rows }: ForwardBatch, { slots, maxContext, vocabSize }: ModelShape): void {
  if (rows.length === 0 || firstSlot < 0 || firstSlot + rows.length > slots) {
    throw new AppError('internal', `there are no slots ${firstSlot} to ${firstSlot + rows.length - 1}`)
  }
  for (const { tokens, past, logits } of rows) {
    if (tokens.length === 0) throw new AppError('internal', 'a row without tokens')
    if (past + tokens.length > maxContext) throw new AppError('internal', 'the slot is full')
    if (logits > tokens.length) throw new AppError('internal', 'more logits asked for than tokens run')
    for (let i = 0; i < tokens.length; i++) {
      const id = tokens[i]!
      if (!(id >= 0 && id < vocabSize)) throw new AppError('internal', `there is no token ${id}`)
    }
  }
}
