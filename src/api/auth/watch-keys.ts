// Files with keys, read again when they change, so that a key is added or taken back without a restart. What can't be used
// changes nothing: the keys stay as they were.

import { stat } from 'node:fs/promises'
import type { Logger } from '../../logger.ts'
import type { Keys } from '../../setting-keys.ts'
import type { KeyRing } from './key-ring.ts'

/** Looked at, not listened to: an editor or a secret's mount puts another file in the place of the one that was there. */
const lookMs = 1000

export interface WatchedKeys {
  files: string[]
  /** @throws AppError `bad_setting` */
  read(): Keys
  ring: KeyRing
  logger: Logger
}

/** Looks at the files from now on, until the returned function is called. */
export function watchKeys({ files, read, ring, logger }: WatchedKeys): () => void {
  if (files.length === 0) return () => {}
  let seen: string | null = null
  const look = async () => {
    const now = (await Promise.all(files.map(stateOf))).join()
    if (now === seen) return
    seen = now
    try {
      const keys = read()
      ring.replace(keys)
      logger.info({ keys: [...new Set(keys.apiKeys.map(({ name }) => name))] }, 'keys read')
    } catch (thrown) {
      logger.error({ reason: (thrown as Error).message }, 'the keys stay as they were')
    }
  }
  void look()
  const timer = setInterval(() => void look(), lookMs)
  return () => clearInterval(timer)
}

async function stateOf(file: string): Promise<string> {
  try {
    // Not the time of its content, which tools that copy files set back, and which stays when it is made readable.
    const { ino, size, ctimeMs } = await stat(file)
    return `${ino} ${size} ${ctimeMs}`
  } catch {
    return 'away'
  }
}
