// Token ids in, text out, one id at a time. The joined text equals `Tokenizer.decode` of all ids. Special tokens are
// control signs of the model, not text: they yield nothing.

import type { Tokenizer } from './tokenizer.ts'
import { Utf8Stream } from './utf8-stream.ts'

export class Detokenizer {
  readonly #stream = new Utf8Stream()
  readonly #tokenizer: Pick<Tokenizer, 'idToBytes' | 'specialIds'>

  constructor(tokenizer: Pick<Tokenizer, 'idToBytes' | 'specialIds'>) {
    this.#tokenizer = tokenizer
  }

  /**
   * The text that became certain with this token; empty while a character is incomplete. A character whose remaining
   * bytes never come (the output was cut inside it) is dropped: there is nothing to flush at the end.
   */
  push(id: number): string {
    return this.#tokenizer.specialIds.has(id) ? '' : this.#stream.push(this.#tokenizer.idToBytes(id))
  }
}
