// From logits to outputs: samples the next token of every sequence of a step, and where a draft was run beside it as many
// more as were drafted right.

import { type AppError, toAppError } from '../errors.ts'
import type { SequenceEnd, SequenceOutput } from './engine.ts'
import { logprobsOf } from './logprobs.ts'
import type { Sampler } from './sampler.ts'
import type { Sequence } from './sequence.ts'

/**
 * Takes a sequence on by its rows `[1 + draft, vocabSize]`: the first follows its ids, the next the first of its draft, and so
 * on. A row counts only while all of the draft before it was what was sampled. A row that can't be used fails the sequence.
 * @returns null for a sequence whose mask isn't there yet: it runs its last id again in the next step
 */
export function advance(
  sequence: Sequence,
  logits: Float32Array,
  sampler: Sampler,
  now: number,
): SequenceOutput | null {
  const { draft, constraint } = sequence
  if (constraint?.failure) return failedFormat(sequence.id, constraint.failure)
  if (constraint && constraint.mask === null) {
    sequence.rollBackLast()
    return null
  }
  const ended = constraint && sequence.endOfFormat()
  if (ended) return ended
  const vocabSize = logits.length / (draft.length + 1)
  const output: SequenceOutput = { id: sequence.id, tokens: [], end: null }
  try {
    for (let row = 0; row <= draft.length; row++) {
      const { tokens, end } = take(sequence, logits.subarray(row * vocabSize, (row + 1) * vocabSize), sampler, now)
      output.tokens.push(...tokens)
      output.end = end
      if (end || sequence.ids.at(-1) !== draft[row]) break
      sequence.acceptDrafted()
    }
  } catch (thrown) {
    output.end = failed(sequence.id, 'engine_failed', toAppError(thrown).message).end
  }
  sequence.recordDraft()
  return output
}

function take(sequence: Sequence, row: Float32Array, sampler: Sampler, now: number): SequenceOutput {
  const id = sampler.sample(row, sequence.samplingInput())
  const { logprobs } = sequence.request
  return sequence.take({ id, logprobs: logprobs === null ? null : logprobsOf(row, id, logprobs) }, now)
}

function failedFormat(id: string, { code, message }: AppError): SequenceOutput {
  return failed(id, code === 'invalid_request' ? code : 'engine_failed', message)
}

type Failure = Extract<SequenceEnd, { kind: 'failed' }>['code']

export function failed(id: string, code: Failure, message: string): SequenceOutput {
  return { id, tokens: [], end: { kind: 'failed', code, message } }
}
