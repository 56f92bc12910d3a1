// The folder of DATA_DIR, made by whoever keeps something in it.

import { existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { AppError } from './errors.ts'

/** Makes the folder and those above it, where they are missing. @throws AppError `bad_setting` */
export function makeDataFolder(dataDir: string): void {
  try {
    makeFolder(dataDir)
  } catch (cause) {
    throw badDataFolder(dataDir, cause as Error)
  }
}

export function badDataFolder(dataDir: string, cause: Error): AppError {
  const message = `DATA_DIR is "${dataDir}", which can't be used (${cause.message}); allowed: a folder that can be written`
  return new AppError('bad_setting', message, { field: 'DATA_DIR', cause })
}

/** One after the other: mkdir's own `recursive` tries for ever where a folder above takes none, as /proc does (Node 20). */
function makeFolder(folder: string): void {
  if (isFolder(folder)) return
  if (!existsSync(dirname(folder))) makeFolder(dirname(folder))
  try {
    mkdirSync(folder)
  } catch (thrown) {
    // Another process may have been faster.
    if (!isFolder(folder)) throw thrown
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}
