// The `input` of an embedding request. Read by hand and not by a schema: a list may have hundreds of thousands of token
// ids, and the first thing that is wrong is enough.

import { mostRequestTokens } from '../../embedding/embedding-line.ts'
import type { EmbeddingInput } from '../../embedding/embedding-work.ts'
import type { EncoderInfo } from '../../embedding/encoder.ts'
import { AppError } from '../../errors.ts'
import { show } from '../validation.ts'

const mostInputs = 2048
/** No token of a usual vocabulary is longer; a text beyond this is too long whatever it says. */
const maxCharactersPerToken = 64

/** @throws AppError `invalid_request` naming the item that is wrong */
export function embeddingInputs(input: string | unknown[], info: EncoderInfo): EmbeddingInput[] {
  if (typeof input === 'string') return [checkedText(input, 'input', info)]
  if (typeof input[0] === 'number') return [checkedIds(input, 'input', info)]
  if (input.length === 0) refuse('input', 'is an empty list', 'at least 1 item')
  if (input.length > mostInputs) refuse('input', `is a list of ${input.length} items`, `at most ${mostInputs}`)
  // All of one kind, as in OpenAI's API: the kind of the first.
  const ids = Array.isArray(input[0])
  return input.map((item, index) => {
    const field = `input[${index}]`
    if (ids && Array.isArray(item)) return checkedIds(item, field, info)
    if (!ids && typeof item === 'string') return checkedText(item, field, info)
    return refuse(field, `is ${show(item)}`, ids ? 'a list of token ids, as the first one is' : 'a text')
  })
}

/** @throws AppError `invalid_request` for one that is too long, or for all of them together */
export function assertTokensFit(counts: readonly number[], input: unknown, { maxTokens }: EncoderInfo): void {
  const long = counts.findIndex((count) => count > maxTokens)
  if (long !== -1) {
    const field = Array.isArray(input) && typeof input[0] !== 'number' ? `input[${long}]` : 'input'
    tooLong(field, `has ${counts[long]} tokens`, `at most ${maxTokens}; split the text`)
  }
  const all = counts.reduce((sum, count) => sum + count, 0)
  if (all > mostRequestTokens) tooLong('input', `has ${all} tokens in all`, `at most ${mostRequestTokens} a request`)
}

function checkedText(text: string, field: string, { maxTokens }: EncoderInfo): string {
  if (text === '') refuse(field, 'is ""', 'at least 1 character')
  if (!text.isWellFormed()) refuse(field, 'contains a lone surrogate', 'valid Unicode text')
  if (text.length > maxTokens * maxCharactersPerToken) {
    tooLong(field, `has ${text.length} characters`, `what fits into ${maxTokens} tokens; split the text`)
  }
  return text
}

function checkedIds(ids: unknown[], field: string, { maxTokens, vocabSize }: EncoderInfo): number[] {
  if (ids.length === 0) refuse(field, 'is an empty list', 'at least 1 token id')
  if (ids.length > maxTokens) tooLong(field, `has ${ids.length} tokens`, `at most ${maxTokens}; split the text`)
  const wrong = ids.findIndex((id) => !Number.isInteger(id) || (id as number) < 0 || (id as number) >= vocabSize)
  if (wrong !== -1) refuse(`${field}[${wrong}]`, `is ${show(ids[wrong])}`, `a token id, from 0 to ${vocabSize - 1}`)
  return ids as number[]
}

function refuse(field: string, problem: string, allowed: string): never {
  throw new AppError('invalid_request', `${field} ${problem}; allowed: ${allowed}`, { field })
}

function tooLong(field: string, problem: string, allowed: string): never {
  const message = `${field} ${problem}; allowed: ${allowed}`
  throw new AppError('invalid_request', message, { field, openAiCode: 'context_length_exceeded' })
}
