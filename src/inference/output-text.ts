// A sequence's text as it grows token by token: whole characters, stop strings found, nothing of them shown. Replaying
// the same ids leaves it in the same state.

import { Detokenizer } from '../tokenizer/detokenizer.ts'
import type { Tokenizer } from '../tokenizer/tokenizer.ts'
import { StopStrings } from './stop-strings.ts'

export class OutputText {
  readonly #detokenizer: Detokenizer
  readonly #stops: StopStrings
  readonly #minTokens: number
  #tokens = 0

  /** @param minTokens the text of the first so many tokens isn't searched for stop strings */
  constructor(tokenizer: Pick<Tokenizer, 'idToBytes' | 'specialIds'>, stops: readonly string[], minTokens: number) {
    this.#detokenizer = new Detokenizer(tokenizer)
    this.#stops = new StopStrings(stops)
    this.#minTokens = minTokens
  }

  /** The text that became certain with one generated token, and whether a stop string is complete with it. */
  push(id: number): { text: string; stopped: boolean } {
    const text = this.#detokenizer.push(id)
    this.#tokens++
    return this.#tokens <= this.#minTokens ? { text, stopped: false } : this.#stops.push(text)
  }

  /** The possible beginning of a stop string that turned out to be none, once no more tokens come. */
  flush(): string {
    return this.#stops.flush()
  }
}
