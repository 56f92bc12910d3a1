// The model runner over onnxruntime. The KV cache is ours, and the graph appends to it in place: each layer's past and
// present are tensors over the same memory, so a step costs nothing for what the cache already holds.

import { type InferenceSession, Tensor } from 'onnxruntime-node'
import { AppError } from '../errors.ts'
import { checkBatch } from './check-batch.ts'
import { KvCache } from './kv-cache.ts'
import type { GraphFiles } from './model/open-model.ts'
import type { BatchRow, ForwardBatch, ModelRunner, ModelShape } from './model-runner.ts'
import { openSession } from './onnx-session.ts'

export interface RunnerOptions {
  slots: number
  maxContext: number
  threads: number
}

/** Throws `bad_model` when the graph can't be loaded or has fewer positions than `maxContext`. */
export async function createOnnxRunner(graph: GraphFiles, options: RunnerOptions): Promise<ModelRunner> {
  const { config } = graph
  if (options.maxContext > config.contextLength) {
    throw new AppError('bad_model', `the model's context is ${config.contextLength} tokens, not ${options.maxContext}`)
  }
  return new OnnxRunner(await openSession(graph.path, { threads: options.threads, steadyShapes: true }), graph, options)
}

/** Rows that run together: one row of any length, or several neighbours of one token each. */
interface Group {
  firstSlot: number
  rows: BatchRow[]
}

class OnnxRunner implements ModelRunner {
  readonly shape: ModelShape
  readonly #session: InferenceSession
  readonly #cache: KvCache
  readonly #hasZeroPoints: boolean
  readonly #attentionWidth: number
  #logits = new Float32Array(0)
  #running = false

  constructor(session: InferenceSession, { config }: GraphFiles, { slots, maxContext }: RunnerOptions) {
    const { layers, kvHeads, headDim, vocabSize, heads } = config
    this.shape = { layers, kvHeads, headDim, vocabSize, slots, maxContext }
    this.#session = session
    this.#cache = new KvCache(this.shape)
    this.#hasZeroPoints = session.inputNames.includes('zero_points')
    this.#attentionWidth = config.headNorm ? -1 : (heads + 2 * kvHeads) * headDim
  }

  async forward(batch: ForwardBatch): Promise<Float32Array> {
    if (this.#running) throw new AppError('internal', 'forward was called before the last one had settled')
    checkBatch(batch, this.shape)
    this.#running = true
    try {
      const { vocabSize } = this.shape
      const wanted = batch.rows.reduce((sum, row) => sum + row.logits, 0)
      if (this.#logits.length < wanted * vocabSize) this.#logits = new Float32Array(wanted * vocabSize)
      let done = 0
      for (const group of groupsOf(batch)) {
        const count = group.rows.reduce((sum, row) => sum + row.logits, 0)
        await this.#run(group, count, this.#logits.subarray(done * vocabSize, (done + count) * vocabSize))
        done += count
      }
      return this.#logits.subarray(0, wanted * vocabSize)
    } finally {
      this.#running = false
    }
  }

  copySlot(from: number, to: number, length: number): void {
    if (this.#running) throw new AppError('internal', 'copySlot was called during a forward pass')
    this.#cache.copy(from, to, length)
  }

  async close(): Promise<void> {
    await this.#session.release()
  }

  /** Every row of a group has the same length here. */
  async #run({ firstSlot, rows }: Group, logitCount: number, logits: Float32Array): Promise<void> {
    const seq = rows[0]!.tokens.length
    const batch = rows.length
    const ids = new Int32Array(batch * seq)
    const logitRows: number[] = []
    for (const [index, row] of rows.entries()) {
      ids.set(row.tokens, index * seq)
      for (let back = row.logits; back > 0; back--) logitRows.push((index + 1) * seq - back)
    }
    const last = Int32Array.from(rows, (row) => row.past + seq - 1)
    const view = this.#cache.view(firstSlot, batch)
    const feeds = {
      ...view.past,
      ids: new Tensor('int32', ids, [ids.length]),
      attention_shape: new Tensor('int64', BigInt64Array.from([batch, seq, this.#attentionWidth], BigInt), [3]),
      last_positions: new Tensor('int32', last, [batch]),
      longest: new Tensor('int32', Int32Array.of(Math.max(...last) + 1), [1]),
      logit_rows: new Tensor('int32', Int32Array.from(logitRows), [logitRows.length]),
      ...(this.#hasZeroPoints && {
        zero_points: new Tensor('uint8', new Uint8Array(ids.length).fill(128), [ids.length, 1]),
      }),
    }
    const fetches = {
      ...view.present,
      stop: null,
      logits: new Tensor('float32', logits, [logitCount, this.shape.vocabSize]),
    }
    await runInPlace(this.#session, feeds, fetches)
  }
}

/** The attention kernel takes a batch of single tokens, or one sequence of any length. */
function groupsOf({ firstSlot, rows }: ForwardBatch): Group[] {
  const groups: Group[] = []
  for (const [index, row] of rows.entries()) {
    const last = groups.at(-1)
    if (last && row.tokens.length === 1 && last.rows[0]!.tokens.length === 1) last.rows.push(row)
    else groups.push({ firstSlot: firstSlot + index, rows: [row] })
  }
  return groups
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
