// The model runner over onnxruntime. The KV cache is ours, and the graph appends to it in place: each layer's past and
// present are tensors over the same memory, so a step costs nothing for what the cache already holds.

import { InferenceSession, Tensor } from 'onnxruntime-node'
import { AppError } from '../errors.ts'
import { KvCache } from './kv-cache.ts'
import type { GraphFiles } from './model/open-model.ts'
import type { BatchRow, ForwardBatch, ModelRunner, ModelShape } from './model-runner.ts'

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
  return new OnnxRunner(await openSession(graph.path, options.threads), graph, options)
}

async function openSession(path: string, threads: number): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(path, {
      intraOpNumThreads: threads,
      // Whatever it would print as an error it also throws.
      logSeverityLevel: 4,
      // A thread that waits for the next node finds it within microseconds: sleeping at once costs up to half of the
      // speed, and spinning for long takes the cores from the processes that share them.
      extra: { session: { intra_op: { allow_spinning: '1', spin_duration_us: '50' } } },
    })
  } catch (cause) {
    throw new AppError('bad_model', `${path} can't be loaded: ${(cause as Error).message}`, { field: path, cause })
  }
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
    this.#check(batch)
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

  #check({ firstSlot, rows }: ForwardBatch): void {
    const { slots, maxContext, vocabSize } = this.shape
    if (rows.length === 0 || firstSlot < 0 || firstSlot + rows.length > slots) {
      throw new AppError('internal', `there are no slots ${firstSlot} to ${firstSlot + rows.length - 1}`)
    }
    for (const { tokens, past, logits } of rows) {
      if (tokens.length === 0) throw new AppError('internal', 'a row without tokens')
      if (past + tokens.length > maxContext) throw new AppError('internal', 'the slot is full')
      if (logits > tokens.length) throw new AppError('internal', 'more logits asked for than tokens run')
      for (let i = 0; i < tokens.length; i++) {
        const id = tokens[i]!
        // The kernel that looks up embeddings would read outside its table.
        if (!(id >= 0 && id < vocabSize)) throw new AppError('internal', `there is no token ${id}`)
      }
    }
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
