// What a sequence may draw next, where its request asks for a format. The mask is computed in another thread, while the
// model runs; a sequence whose mask isn't there yet sits out a step.

import { AppError } from '../../errors.ts'

/** `[ceil(vocabSize / 32)]`, one bit a token, the lowest first: 1 may come next. */
export type TokenMask = Int32Array

export class Constraint {
  /** null while it is being computed. */
  mask: TokenMask | null = null
  failure: AppError | null = null
  readonly #eosIds: ReadonlySet<number>
  readonly #send: (id: number) => void
  readonly #closed: () => void
  #length: number
  #wake: (() => void)[] = []

  /**
   * @param length how many tokens it has been told already
   * @param send asks for the mask behind one more token
   */
  constructor(eosIds: ReadonlySet<number>, length: number, send: (id: number) => void, closed: () => void) {
    this.#eosIds = eosIds
    this.#length = length
    this.#send = send
    this.#closed = closed
  }

  /** Tells the token that was drawn; the mask for the next one is then awaited. */
  accept(id: number): void {
    this.mask = null
    this.#length++
    this.#send(id)
  }

  /** Whether what was generated is a whole text of the format, to which more may come. */
  get mayEnd(): boolean {
    return [...this.#eosIds].some((id) => ((this.mask![id >> 5] ?? 0) >>> (id & 31)) & 1)
  }

  /** Whether it is a whole text to which nothing may come. */
  get mustEnd(): boolean {
    const rest = this.mask!.slice()
    for (const id of this.#eosIds) if (id >> 5 < rest.length) rest[id >> 5]! &= ~(1 << (id & 31))
    return rest.every((word) => word === 0)
  }

  /** Resolves when there is a mask or a failure. */
  settled(): Promise<void> {
    if (this.mask || this.failure) return Promise.resolve()
    return new Promise((resolve) => this.#wake.push(resolve))
  }

  /** @param length of the tokens that the mask follows: late ones are dropped */
  took(length: number, mask: TokenMask): void {
    if (length !== this.#length) return
    this.mask = mask
    this.#settle()
  }

  fail(failure: AppError): void {
    this.failure ??= failure
    this.#settle()
  }

  close(): void {
    this.#closed()
    this.fail(new AppError('internal', 'the constraint is closed'))
  }

  #settle(): void {
    for (const wake of this.#wake.splice(0)) wake()
  }
}
