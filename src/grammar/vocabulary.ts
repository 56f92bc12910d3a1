// A model's tokens as a grammar needs them: their bytes, packed, so that they cross to a thread as two arrays.

import type { Tokenizer } from '../tokenizer/tokenizer.ts'

export interface Vocabulary {
  /** The bytes of all tokens, one after another. */
  bytes: Uint8Array
  /** `[vocabSize]`, where in `bytes` each token ends. A token without bytes is never allowed. */
  ends: Uint32Array
  /** Allowed where a text of the grammar may end, and only there. */
  eosIds: number[]
}

/** @param vocabSize of the model, which may be more than the tokenizer's */
export function vocabularyOf(tokenizer: Tokenizer, vocabSize: number): Vocabulary {
  const tokens = Array.from({ length: vocabSize }, (_, id) =>
    tokenizer.specialIds.has(id) || tokenizer.eosIds.has(id) ? new Uint8Array(0) : tokenizer.idToBytes(id),
  )
  const ends = new Uint32Array(vocabSize)
  let end = 0
  for (const [id, token] of tokens.entries()) {
    end += token.length
    ends[id] = end
  }
  const bytes = new Uint8Array(end)
  for (const [id, token] of tokens.entries()) bytes.set(token, ends[id]! - token.length)
  return { bytes, ends, eosIds: [...tokenizer.eosIds].filter((id) => id < vocabSize) }
}

/** One token each, as copies of their own. */
export function tokensOf({ bytes, ends }: Vocabulary): Uint8Array[] {
  return Array.from(ends, (end, id) => bytes.slice(id === 0 ? 0 : ends[id - 1], end))
}
