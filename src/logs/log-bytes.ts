// The bytes of a log as it was sent, unpacked where they are gzip, whatever anybody called them.

import { gunzipSync } from 'node:zlib'
import { AppError } from '../errors.ts'

/**
 * The pieces of the log, each given up as soon as it is read.
 * @throws AppError `body_too_large` when it unpacks to more than `limitBytes`, `malformed` when it does not unpack
 */
export function logPieces(blocks: Uint8Array[], limitBytes: number): Iterable<Uint8Array> {
  const [first] = blocks
  const packed = first !== undefined && first[0] === 0x1f && first[1] === 0x8b
  return packed ? [unpacked(blocks, limitBytes)] : consumed(blocks)
}

function* consumed(blocks: Uint8Array[]): Generator<Uint8Array> {
  blocks.reverse()
  for (let block = blocks.pop(); block !== undefined; block = blocks.pop()) yield block
}

function unpacked(blocks: Uint8Array[], limitBytes: number): Uint8Array {
  const packed = Buffer.concat(blocks)
  blocks.length = 0
  try {
    return gunzipSync(packed, { maxOutputLength: limitBytes })
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') {
      const message = `the gzip file unpacks to more than the ${limitBytes} bytes allowed for a log`
      throw new AppError('body_too_large', message, { field: 'body', cause: error })
    }
    throw new AppError('malformed', 'the file begins like gzip, but does not unpack', { field: 'body', cause: error })
  }
}
