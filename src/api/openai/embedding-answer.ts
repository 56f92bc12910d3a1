// Vectors as OpenAI's API answers with them. Written in pieces, with a turn of the event loop between two: writing out a
// million numbers at once takes half a second, in which no stream would go on.

import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Response } from 'express'
import type { Embedded } from '../../embedding/embedding-work.ts'
import { drained } from '../drained.ts'

const vectorsAtOnce = 16

/** Returns when everything is written, or the client has gone. */
export async function sendEmbeddings(
  { vectors, tokens }: Embedded,
  model: string,
  format: 'float' | 'base64',
  response: Response,
): Promise<void> {
  response.type('json')
  response.write('{"object":"list","data":[')
  for (let start = 0; start < vectors.length; start += vectorsAtOnce) {
    const part = vectors.slice(start, start + vectorsAtOnce).map((vector, index) => ({
      object: 'embedding',
      index: start + index,
      embedding: format === 'base64' ? base64(vector) : [...vector],
    }))
    const flows = response.write(`${start === 0 ? '' : ','}${JSON.stringify(part).slice(1, -1)}`)
    if (response.destroyed || (!flows && !(await drained(response)))) return
    await nextTurn()
  }
  const usage = { prompt_tokens: tokens, total_tokens: tokens }
  response.end(`],"model":${JSON.stringify(model)},"usage":${JSON.stringify(usage)}}`)
}

function base64(vector: Float32Array): string {
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64')
}
