// The model runner over onnxruntime. The KV cache is ours, and the graph appends to it in place: each layer's past and
// present are tensors over the same memory, so a step costs nothing for what the cache already holds.
//
// float32   one graph, one cache
// int8      an 8-bit cache and two graphs over the same weights: one for steps, in which every token comes out as it
//           would alone, and one for prompts, which is faster for many tokens and works on a float32 copy of their rows

import { type InferenceSession, Tensor } from 'onnxruntime-node'
import { AppError } from '../errors.ts'
import { GraphRunner, type PlacedRow, type RunnerOptions } from './graph-runner.ts'
import { type CacheView, KvCache } from './kv-cache.ts'
import { readScales } from './model/cache-scales.ts'
import { rowsName } from './model/graph-names.ts'
import type { GraphFiles } from './model/open-model.ts'
import type { ModelRunner, ModelShape } from './model-runner.ts'
import { openSession } from './onnx-session.ts'
import { PromptCache } from './prompt-cache.ts'

/** Throws `bad_model` when the graph can't be loaded or has fewer positions than `maxContext`. */
export async function createOnnxRunner(graph: GraphFiles, options: RunnerOptions): Promise<ModelRunner> {
  const { config, eightBit } = graph
  const { slots, maxContext, threads } = options
  if (maxContext > config.contextLength) {
    throw new AppError('bad_model', `the model's context is ${config.contextLength} tokens, not ${maxContext}`)
  }
  const { layers, kvHeads, headDim, vocabSize, heads } = config
  const shape = { layers, kvHeads, headDim, vocabSize, slots, maxContext }
  const packedWidth = config.headNorm ? -1 : (heads + 2 * kvHeads) * headDim
  const open = (path: string) => openSession(path, { threads, steadyShapes: true })
  const steps = new GraphPass(await open(graph.path), packedWidth, shape)
  if (eightBit === null) return new OnnxRunner(shape, new KvCache('float32', shape), steps, null)
  const cache = new KvCache('int8', shape)
  const prompts = new GraphPass(await open(eightBit.promptsPath), -1, shape)
  const copy = new PromptCache(cache, readScales(eightBit.scalesPath, config), shape)
  return new OnnxRunner(shape, cache, steps, { pass: prompts, copy })
}

/** Rows that run together: one row of any length, or several neighbours of one token each. */
type Group = [PlacedRow, ...PlacedRow[]]

class OnnxRunner extends GraphRunner {
  readonly #cache: KvCache
  readonly #steps: GraphPass
  readonly #prompts: { pass: GraphPass; copy: PromptCache } | null
  /** What the graph for prompts returns: the rows of each of the cache's buffers. */
  #rows: Int8Array[] = []

  constructor(
    shape: ModelShape,
    cache: KvCache,
    steps: GraphPass,
    prompts: { pass: GraphPass; copy: PromptCache } | null,
  ) {
    super(shape)
    this.#cache = cache
    this.#steps = steps
    this.#prompts = prompts
  }

  async close(): Promise<void> {
    await this.#steps.close()
    await this.#prompts?.pass.close()
  }

  protected async compute(rows: readonly PlacedRow[], logits: Float32Array): Promise<void> {
    for (const group of groupsOf(rows)) {
      const [{ tokens, stepwise = false }] = group
      if (this.#prompts && tokens.length > 1 && !stepwise) await this.#readPrompt(group[0], logits)
      else await this.#step(group, logits)
    }
  }

  protected copyRows(from: number, to: number, length: number): void {
    this.#cache.copy(from, to, length)
    this.#prompts?.copy.moved(from, to, length)
  }

  async #step(rows: Group, logits: Float32Array): Promise<void> {
    await this.#steps.run(rows, logits, this.#cache.view(rows[0].slot, rows.length))
    for (const { slot, past } of rows) this.#prompts?.copy.written(slot, past)
  }

  async #readPrompt(row: PlacedRow, logits: Float32Array): Promise<void> {
    const { pass, copy } = this.#prompts!
    const { slot, past, tokens } = row
    copy.follow(slot, past)
    const first = { first_position: new Tensor('int64', BigInt64Array.of(BigInt(past)), [1]) }
    const rows = this.#rowTensors(tokens.length)
    await pass.run([row], logits, { past: { ...copy.view.past, ...first }, present: { ...copy.view.present, ...rows } })
    copy.store(past, tokens.length, this.#rows)
  }

  #rowTensors(count: number): Record<string, Tensor> {
    const { layers, kvHeads, headDim } = this.shape
    const width = kvHeads * headDim
    if ((this.#rows[0]?.length ?? 0) < count * width) {
      this.#rows = Array.from({ length: 2 * layers }, () => new Int8Array(count * width))
    }
    return Object.fromEntries(
      this.#rows.map((buffer, index) => [
        rowsName(index >> 1, index % 2 === 0 ? 'key' : 'value'),
        new Tensor('int8', buffer.subarray(0, count * width), [1, count, width]),
      ]),
    )
  }
}

/** One graph, run over rows of equal length. */
class GraphPass {
  readonly #session: InferenceSession
  readonly #attentionWidth: number
  readonly #vocabSize: number
  readonly #hasZeroPoints: boolean

  /** `attentionWidth` of q, k and v packed together; -1 where the graph takes them apart. */
  constructor(session: InferenceSession, attentionWidth: number, { vocabSize }: ModelShape) {
    this.#session = session
    this.#attentionWidth = attentionWidth
    this.#vocabSize = vocabSize
    this.#hasZeroPoints = session.inputNames.includes('zero_points')
  }

  async run(rows: Group, logits: Float32Array, view: CacheView): Promise<void> {
    const seq = rows[0].tokens.length
    const batch = rows.length
    const ids = new Int32Array(batch * seq)
    const logitRows: number[] = []
    for (const [index, row] of rows.entries()) {
      ids.set(row.tokens, index * seq)
      for (let back = row.logits; back > 0; back--) logitRows.push((index + 1) * seq - back)
    }
    const last = Int32Array.from(rows, (row) => row.past + seq - 1)
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
    const from = rows[0].logitsAt * this.#vocabSize
    const own = logits.subarray(from, from + logitRows.length * this.#vocabSize)
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

/** The attention kernel takes a batch of single tokens, or one sequence of any length. */
function groupsOf(rows: readonly PlacedRow[]): Group[] {
  const groups: Group[] = []
  for (const row of rows) {
    const last = groups.at(-1)
    if (last && row.tokens.length === 1 && last[0].tokens.length === 1) last.push(row)
    else groups.push([row])
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
