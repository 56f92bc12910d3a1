// Bytes of a log to text. Never fails: what isn't valid in the detected encoding becomes U+FFFD.

type LogEncoding = 'utf-8' | 'utf-16le' | 'utf-16be'

/** The text of a log, without a byte order mark. A string is taken as decoded already. */
export function decodeLog(content: string | Uint8Array): string {
  if (typeof content === 'string') return content.startsWith('\uFEFF') ? content.slice(1) : content
  return new TextDecoder(detectEncoding(content)).decode(content)
}

/** By the byte order mark; without one, UTF-16 shows itself by zeros in every other byte of ASCII text. */
function detectEncoding(bytes: Uint8Array): LogEncoding {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be'
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8'
  const length = Math.min(bytes.length, 4096)
  const zeros = [0, 0]
  for (let i = 0; i < length; i++) if (bytes[i] === 0) zeros[i % 2]!++
  const most = length * 0.35
  // Both halves full of zeros is binary, not UTF-16.
  if (zeros[1]! > most && zeros[0]! < length * 0.05) return 'utf-16le'
  if (zeros[0]! > most && zeros[1]! < length * 0.05) return 'utf-16be'
  return 'utf-8'
}
