// The keys that this process accepts.

import { timingSafeEqual } from 'node:crypto'
import { hashOfKey, type Keys } from '../../setting-keys.ts'
import type { Caller } from './caller.ts'

export class KeyRing {
  #keys: Keys

  constructor(keys: Keys) {
    this.#keys = keys
  }

  /** From the next request on. Whoever follows a stream follows it to its end. */
  replace(keys: Keys): void {
    this.#keys = keys
  }

  /** Whether requests need a key at all. An admin key alone closes the service too. */
  get required(): boolean {
    return this.#keys.apiKeys.length > 0 || this.hasAdmin
  }

  get hasAdmin(): boolean {
    return this.#keys.adminKey !== null
  }

  /** How many names the keys have. */
  get owners(): number {
    return new Set(this.#keys.apiKeys.map(({ name }) => name)).size
  }

  /** Whose key this is, or null. Takes the same time whichever key matches, and however much of it. */
  find(presented: string): Caller | null {
    const { apiKeys, adminKey } = this.#keys
    const hash = hashOfKey(presented)
    let found: Caller | null = null
    for (const { name, hash: known } of apiKeys) if (timingSafeEqual(hash, known)) found = { kind: 'key', name }
    if (adminKey !== null && timingSafeEqual(hash, adminKey.hash)) found = { kind: 'admin' }
    return found
  }
}
