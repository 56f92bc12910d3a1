// The model runner over a decoder export of the hub's form, for models that bring a graph of their own. Slower than the
// runner over our graphs: such a graph takes the whole past as an input and returns it with the new rows appended, and
// it computes logits for every token.

import { type InferenceSession, Tensor } from 'onnxruntime-node'
import { AppError } from '../../errors.ts'
import type { ModelLimits } from '../../tokenizer/model-limits.ts'
import type { ModelRunner } from '../model-runner.ts'
import { GraphRunner, type PlacedRow, type RunnerOptions } from '../runner/graph-runner.ts'
import { openSession } from '../runner/onnx-session.ts'
import { StockCache } from './stock-cache.ts'
import { readLayout, type StockLayout } from './stock-layout.ts'
import { probeGraph } from './stock-probe.ts'

export interface StockGraph {
  /** The ONNX file. */
  path: string
  limits: ModelLimits
}

/** Throws `bad_model` when the graph can't be loaded, is no decoder or has fewer positions than `maxContext`. */
export async function createStockRunner(graph: StockGraph, options: RunnerOptions): Promise<ModelRunner> {
  const { path, limits } = graph
  const { slots, maxContext, threads } = options
  if (maxContext > limits.contextLength) {
    throw new AppError('bad_model', `the model's context is ${limits.contextLength} tokens, not ${maxContext}`)
  }
  // Every step has a longer past, so the shapes never come again.
  const session = await openSession(path, { threads, graph: 'exported' })
  try {
    const io = { inputs: session.inputMetadata, outputs: session.outputMetadata }
    const layout = readLayout(path, io, limits.vocabSize)
    const pads = await probeGraph(path, layout, (padding, size) => new StockRunner(session, layout, size, padding))
    return new StockRunner(session, layout, { slots, maxContext }, pads)
  } catch (error) {
    await session.release()
    throw error
  }
}

class StockRunner extends GraphRunner {
  readonly exactRuns = false
  readonly #session: InferenceSession
  readonly #layout: StockLayout
  readonly #cache: StockCache
  readonly #pads: boolean

  /** `pads`: rows of unequal pasts share a run, the shorter ones behind padding. */
  constructor(
    session: InferenceSession,
    layout: StockLayout,
    { slots, maxContext }: { slots: number; maxContext: number },
    pads: boolean,
  ) {
    const { layers, kvHeads, headDim, vocabSize } = layout
    super({ layers, kvHeads, headDim, vocabSize, slots, maxContext })
    this.#session = session
    this.#layout = layout
    this.#cache = new StockCache(this.shape)
    this.#pads = pads
  }

  async close(): Promise<void> {
    await this.#session.release()
  }

  protected async compute(rows: readonly PlacedRow[], logits: Float32Array): Promise<void> {
    for (const group of this.#groupsOf(rows)) await this.#run(group, logits)
  }

  protected copyRows(from: number, to: number, length: number): void {
    this.#cache.copy(from, to, length)
  }

  /** Rows that run together: as many tokens each, and as long a past where the graph can't be padded. */
  #groupsOf(rows: readonly PlacedRow[]): PlacedRow[][] {
    const groups = new Map<string, PlacedRow[]>()
    for (const row of rows) {
      const key = this.#pads ? `${row.tokens.length}` : `${row.tokens.length}/${row.past}`
      const group = groups.get(key)
      if (group) group.push(row)
      else groups.set(key, [row])
    }
    return [...groups.values()]
  }

  async #run(rows: readonly PlacedRow[], logits: Float32Array): Promise<void> {
    const count = rows[0]!.tokens.length
    const { width, tensors } = this.#cache.gather(rows)
    const kept = Math.max(...rows.map((row) => row.logits))
    const feeds = {
      ...this.#integers(rows, width, kept),
      ...Object.fromEntries(this.#layout.past.map((name, index) => [name, tensors[index]!])),
    }
    // Without `logits` among the outputs they are computed all the same, but not copied.
    const fetches = kept > 0 ? [...this.#layout.present, 'logits'] : this.#layout.present
    const outputs = await this.#compute(feeds, fetches)
    const present = this.#layout.present.map((name) => outputs[name]!)
    const { kvHeads, headDim } = this.shape
    const wantedDims = [rows.length, kvHeads, width + count, headDim].join()
    const odd = present.findIndex((tensor) => tensor.dims.join() !== wantedDims)
    if (odd !== -1) {
      const dims = present[odd]!.dims.join(', ')
      throw new AppError('engine_failed', `${this.#layout.present[odd]} came as [${dims}], not as [${wantedDims}]`)
    }
    this.#cache.append(rows, width, count, present)
    if (kept > 0) this.#takeLogits(rows, outputs.logits!, logits)
  }

  /** Those of the inputs that the graph has. */
  #integers(rows: readonly PlacedRow[], width: number, kept: number): Record<string, Tensor> {
    const batch = rows.length
    const count = rows[0]!.tokens.length
    const total = width + count
    const feeds: Record<string, Tensor> = {}
    const add = (name: string, dims: number[], valueAt: (row: number, column: number) => number) => {
      const type = this.#layout.integers.get(name)
      if (!type) return
      const columns = dims.at(-1) ?? 1
      const values = Array.from({ length: dims.reduce((product, size) => product * size, 1) }, (_, i) =>
        valueAt(Math.floor(i / columns), i % columns),
      )
      const data = type === 'int64' ? BigInt64Array.from(values, BigInt) : Int32Array.from(values)
      feeds[name] = new Tensor(type, data, dims)
    }
    add('input_ids', [batch, count], (row, column) => rows[row]!.tokens[column]!)
    add('attention_mask', [batch, total], (row, column) => (column < width - rows[row]!.past ? 0 : 1))
    add('position_ids', [batch, count], (row, column) => rows[row]!.past + column)
    // Where in the cache, padding included, the new rows stand.
    add('cache_position', [count], (_, column) => width + column)
    add('num_logits_to_keep', [], () => Math.max(1, kept))
    return feeds
  }

  async #compute(feeds: Record<string, Tensor>, fetches: readonly string[]): Promise<Record<string, Tensor>> {
    try {
      return (await this.#session.run(feeds, fetches)) as Record<string, Tensor>
    } catch (cause) {
      throw new AppError('engine_failed', `the model's graph failed: ${(cause as Error).message}`, { cause })
    }
  }

  /** `[rows, tokens, vocabulary]`, of all tokens or the last ones. */
  #takeLogits(rows: readonly PlacedRow[], { dims, data }: Tensor, taken: Float32Array): void {
    const { vocabSize } = this.shape
    const returned = dims[1]!
    for (const [index, { logits, logitsAt }] of rows.entries()) {
      const end = (index + 1) * returned * vocabSize
      taken.set((data as Float32Array).subarray(end - logits * vocabSize, end), logitsAt * vocabSize)
    }
  }
}
