// Which encoding the bytes of a log are in, by how they begin.

export type LogEncoding = 'utf-8' | 'utf-16le' | 'utf-16be'

/** Bytes that are looked at; a shorter log is looked at whole. */
export const sampleBytes = 4096

/**
 * By the byte order mark; without one, UTF-16 shows itself by zeros in every other byte of ASCII text.
 * `markBytes` is the length of the mark.
 */
export function startOf(bytes: Uint8Array): { encoding: LogEncoding; markBytes: number } {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return { encoding: 'utf-16le', markBytes: 2 }
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return { encoding: 'utf-16be', markBytes: 2 }
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return { encoding: 'utf-8', markBytes: 3 }
  const length = Math.min(bytes.length, sampleBytes)
  const zeros = [0, 0]
  for (let i = 0; i < length; i++) if (bytes[i] === 0) zeros[i % 2]!++
  const most = length * 0.35
  // Both halves full of zeros is binary, not UTF-16.
  if (zeros[1]! > most && zeros[0]! < length * 0.05) return { encoding: 'utf-16le', markBytes: 0 }
  if (zeros[0]! > most && zeros[1]! < length * 0.05) return { encoding: 'utf-16be', markBytes: 0 }
  return { encoding: 'utf-8', markBytes: 0 }
}
