// Finds the lines of a log without holding up the page: its bytes as UTF-8, and where each line begins.

export interface LogLines {
  bytes: Uint8Array<ArrayBuffer>
  /** Where each line begins; one more at the end. */
  starts: Uint32Array<ArrayBuffer>
}

self.onmessage = async ({ data }: MessageEvent<Blob>) => {
  try {
    const bytes = await utf8Of(data)
    const lines: LogLines = { bytes, starts: startsOf(bytes) }
    self.postMessage(lines, { transfer: [bytes.buffer, lines.starts.buffer] })
  } catch (thrown) {
    self.postMessage({ problem: thrown instanceof Error ? thrown.message : String(thrown) })
  }
}

async function utf8Of(blob: Blob): Promise<Uint8Array<ArrayBuffer>> {
  const head = new Uint8Array(await blob.slice(0, 2).arrayBuffer())
  const gzip = head[0] === 0x1f && head[1] === 0x8b
  const plain = gzip
    ? await new Response(blob.stream().pipeThrough(new DecompressionStream('gzip'))).arrayBuffer()
    : await blob.arrayBuffer()
  const bytes = new Uint8Array(plain)
  const utf16 =
    (bytes[0] === 0xff && bytes[1] === 0xfe && 'utf-16le') || (bytes[0] === 0xfe && bytes[1] === 0xff && 'utf-16be')
  return utf16 ? new TextEncoder().encode(new TextDecoder(utf16).decode(bytes)) : bytes
}

function startsOf(bytes: Uint8Array): Uint32Array<ArrayBuffer> {
  let count = 1
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) count++
  const starts = new Uint32Array(count + 1)
  let line = 1
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) starts[line++] = at + 1
  starts[count] = bytes.length
  // A line break at the end begins no line.
  return bytes.at(-1) === 10 ? starts.slice(0, count) : starts
}
