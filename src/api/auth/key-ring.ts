// The keys that this process accepts.

import { timingSafeEqual } from 'node:crypto'
import { type ApiKey, hashOfKey } from '../../setting-keys.ts'
import type { Caller } from './caller.ts'

export class KeyRing {
  readonly #keys: readonly ApiKey[]
  readonly #admin: ApiKey | null

  constructor(keys: readonly ApiKey[], admin: ApiKey | null) {
    this.#keys = keys
    this.#admin = admin
  }

  /** Whether requests need a key at all. An admin key alone closes the service too. */
  get required(): boolean {
    return this.#keys.length > 0 || this.#admin !== null
  }

  get hasAdmin(): boolean {
    return this.#admin !== null
  }

  /** Whose key this is, or null. Takes the same time whichever key matches, and however much of it. */
  find(presented: string): Caller | null {
    const hash = hashOfKey(presented)
    let found: Caller | null = null
    for (const { name, hash: known } of this.#keys) if (timingSafeEqual(hash, known)) found = { kind: 'key', name }
    if (this.#admin !== null && timingSafeEqual(hash, this.#admin.hash)) found = { kind: 'admin' }
    return found
  }
}
