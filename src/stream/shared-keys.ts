// The keys that all jobs share. Where one of them holds something else than it should, what fails because of it is done
// once more without it.

import type { Keys } from './keys.ts'
import type { RedisClient } from './redis.ts'
import { defineScript, type Script } from './script.ts'
import { mendScript } from './scripts/mend.ts'

export class SharedKeys {
  readonly #keys: Keys
  readonly #mend: Script
  readonly #onDropped: (keys: string[]) => void

  /** @param onDropped told the names of keys that held something else and are gone */
  constructor(redis: RedisClient, keys: Keys, onDropped: (keys: string[]) => void) {
    this.#keys = keys
    this.#mend = defineScript(redis, 'wfMend', mendScript)
    this.#onDropped = onDropped
  }

  /**
   * @param owner whose own list of jobs the work touches; null: nobody's
   * @throws what the work throws, where no shared key is the reason
   */
  async use<Value>(owner: string | null, work: () => Promise<Value>): Promise<Value> {
    try {
      return await work()
    } catch (thrown) {
      if (!(thrown instanceof Error && thrown.name === 'ReplyError')) throw thrown
      const k = this.#keys
      const keys = [...k.line, k.workers, k.workerInfo, k.workerLoad, k.metrics, k.recent(null), k.recent(owner)]
      const dropped = (await this.#mend(keys.length, ...keys)) as string[]
      if (dropped.length > 0) this.#onDropped(dropped)
      // Where nothing was dropped, somebody else may have done it in this very moment.
      return work()
    }
  }
}
