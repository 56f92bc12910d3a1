// Who may be in the engine after it has crashed. A sequence that was lost before it had produced a token in that process
// is a suspect. Suspects are tried one at a time, with nobody else in the engine, until they have produced a token;
// then they make way for the next. When no suspect is left, all go on together.
//
// So an input that crashes the engine is soon alone with it: it takes nobody else down, and nobody else is blamed.

export class Trials {
  /** The first is in the engine or about to be. */
  #suspects: string[] = []

  /** The engine has crashed; the likeliest cause comes first. */
  suspect(ids: string[]): void {
    this.#suspects = [...ids, ...this.#suspects.filter((id) => !ids.includes(id))]
  }

  /** It has produced a token, or will not run again. */
  acquit(id: string): void {
    this.#suspects = this.#suspects.filter((suspect) => suspect !== id)
  }

  /** Whether the sequence may be in the engine now. */
  admits(id: string): boolean {
    return this.#suspects.length === 0 || this.#suspects[0] === id
  }
}
