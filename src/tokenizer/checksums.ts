// The list of sha256 checksums that a model's folder may have, in the form of the command sha256sum.

import { createHash } from 'node:crypto'
import { createReadStream, existsSync, readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { AppError } from '../errors.ts'

export const checksumsName = 'SHA256SUMS'

export interface ListedFolder {
  folder: string
  /** Of its list; without one nothing is listed. */
  checksumsPath?: string
}

/** Throws `bad_model` for a file whose sha256 is not the listed one; one that isn't listed, or isn't there, passes. */
export async function verifyChecksums(files: ListedFolder, paths: readonly string[]): Promise<void> {
  const listed = listedChecksums(files)
  for (const path of paths) {
    const wanted = listed.get(relative(files.folder, path))
    if (wanted === undefined || !existsSync(path)) continue
    const found = await sha256(path)
    if (found !== wanted) {
      const problem = `its sha256 is ${found}, but ${checksumsName} says ${wanted}; restore or fetch it again`
      throw new AppError('bad_model', `${path} is damaged: ${problem}`, { field: path })
    }
  }
}

/** The listed one, taken at its word, or else computed. */
export async function checksumOf(files: ListedFolder, path: string): Promise<string> {
  return listedChecksums(files).get(relative(files.folder, path)) ?? (await sha256(path))
}

/** Name below the folder to sha256, in hexadecimal. */
function listedChecksums({ checksumsPath }: ListedFolder): Map<string, string> {
  if (!checksumsPath) return new Map()
  const lines = readFileSync(checksumsPath, 'utf8').split('\n')
  return new Map(lines.flatMap((line) => [...line.matchAll(/^([0-9a-f]{64}) [ *](.+)$/g)].map((m) => [m[2]!, m[1]!])))
}

export async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256')
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk)
  } catch (cause) {
    throw new AppError('bad_model', `${path} cannot be read: ${(cause as Error).message}`, { field: path, cause })
  }
  return hash.digest('hex')
}
