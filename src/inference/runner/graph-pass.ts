// One graph that we built, run over rows of a batch: their ids and lengths as its inputs, and the cache in place.

import { type InferenceSession, Tensor } from 'onnxruntime-node'
import { AppError } from '../../errors.ts'
import type { PlacedRow } from './graph-runner.ts'
import type { CacheView } from './kv-cache.ts'

/** Rows that run together: one row of any length, or several neighbours of one token each. */
export type Group = [PlacedRow, ...PlacedRow[]]

export class GraphPass {
  readonly #session: InferenceSession
  readonly #attentionWidth: number
  readonly #vocabSize: number
  readonly #hasZeroPoints: boolean
  /** Of a pass of whose logits none are wanted: the kernels don't take no rows at all. */
  readonly #unwanted: Float32Array

  /** `attentionWidth` of q, k and v packed together; -1 where the graph takes them apart. */
  constructor(session: InferenceSession, attentionWidth: number, vocabSize: number) {
    this.#session = session
    this.#attentionWidth = attentionWidth
    this.#vocabSize = vocabSize
    this.#unwanted = new Float32Array(vocabSize)
    this.#hasZeroPoints = session.inputNames.includes('zero_points')
  }

  /** Rows of equal length, and behind them a prompt's where the graph takes one. */
  async run(steps: Group, logits: Float32Array, view: CacheView, prompt?: PlacedRow): Promise<void> {
    const seq = steps[0].tokens.length
    const batch = steps.length
    const rows = prompt ? [...steps, prompt] : steps
    const ids = rows.flatMap(({ tokens }) => Array.from(tokens))
    const logitRows = rowsOfLogits(rows)
    const from = steps[0].logitsAt * this.#vocabSize
    const wanted = logits.subarray(from, from + logitRows.length * this.#vocabSize)
    if (logitRows.length === 0) logitRows.push(0)
    const last = Int32Array.from(steps, (row) => row.past + seq - 1)
    const feeds = {
      ...view.past,
      ids: new Tensor('int32', Int32Array.from(ids), [ids.length]),
      attention_shape: longs(batch, seq, this.#attentionWidth),
      last_positions: new Tensor('int32', last, [batch]),
      longest: new Tensor('int32', Int32Array.of(Math.max(...last) + 1), [1]),
      logit_rows: new Tensor('int32', Int32Array.from(logitRows), [logitRows.length]),
      ...(this.#hasZeroPoints && {
        zero_points: new Tensor('uint8', new Uint8Array(ids.length).fill(128), [ids.length, 1]),
      }),
      ...(prompt && promptFeeds(batch * seq, prompt)),
    }
    const own = wanted.length > 0 ? wanted : this.#unwanted
    const fetches = {
      ...view.present,
      stop: null,
      logits: new Tensor('float32', own, [logitRows.length, this.#vocabSize]),
    }
    await runInPlace(this.#session, feeds, fetches)
  }

  async close(): Promise<void> {
    await this.#session.release()
  }
}

/** Which rows of the pass have their logits wanted. */
function rowsOfLogits(rows: readonly PlacedRow[]): number[] {
  const wanted: number[] = []
  let end = 0
  for (const { tokens, logits } of rows) {
    end += tokens.length
    for (let back = logits; back > 0; back--) wanted.push(end - back)
  }
  return wanted
}

function promptFeeds(stepRows: number, { tokens, past }: PlacedRow): Record<string, Tensor> {
  const end = past + tokens.length
  return {
    prompt_row: longs(stepRows),
    prompt_shape: longs(1, tokens.length, -1),
    prompt_last: new Tensor('int32', Int32Array.of(end - 1), [1]),
    prompt_longest: new Tensor('int32', Int32Array.of(end), [1]),
    first_position: longs(past),
  }
}

function longs(...values: number[]): Tensor {
  return new Tensor('int64', BigInt64Array.from(values, BigInt), [values.length])
}

const STOPPED = 'Non tensor type is temporarily not supported.'

/**
 * The binding copies every output into a new buffer once the graph has run, also those that were written where we
 * wanted them: here that would be the whole cache, per step. It stops at the first output that it can't convert, so the
 * graph's first output is a (empty) sequence, and this error means that all is done. Without it nothing would be wrong,
 * only slow.
 */
async function runInPlace(
  session: InferenceSession,
  feeds: InferenceSession.FeedsType,
  fetches: InferenceSession.FetchesType,
): Promise<void> {
  try {
    await session.run(feeds, fetches)
  } catch (cause) {
    const message = (cause as Error).message
    if (message !== STOPPED) throw new AppError('engine_failed', `the model's graph failed: ${message}`, { cause })
  }
}
