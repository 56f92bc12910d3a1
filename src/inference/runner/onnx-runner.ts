// The model runner over onnxruntime. The KV cache is ours, and the graph appends to it in place: each layer's past and
// present are tensors over the same memory, so a step costs nothing for what the cache already holds.
//
// float32   one graph, one cache
// int8      an 8-bit cache and two graphs over the same weights: one for steps, in which every token comes out as it
//           would alone, and one for prompts, which is faster for many tokens and works on a float32 copy of their rows;
//           that one takes steps along

import { Tensor } from 'onnxruntime-node'
import { AppError } from '../../errors.ts'
import { readKeyScales } from '../model/cache-scales.ts'
import { rowsName } from '../model/graph-names.ts'
import type { GraphFiles } from '../model/open-model.ts'
import type { ModelRunner, ModelShape } from '../model-runner.ts'
import { GraphPass, type Group } from './graph-pass.ts'
import { GraphRunner, type PlacedRow, type RunnerOptions } from './graph-runner.ts'
import { KvCache } from './kv-cache.ts'
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
  const open = async (path: string) =>
    new GraphPass(await openSession(path, { threads, graph: 'built' }), packedWidth, vocabSize)
  const steps = await open(graph.path)
  if (eightBit === null) return new OnnxRunner(shape, new KvCache('float32', shape), steps, null)
  try {
    const cache = new KvCache('int8', { ...shape, slots: slots + 1 })
    const copy = new PromptCache(cache, readKeyScales(eightBit.scalesPath, config), shape)
    return new OnnxRunner(shape, cache, steps, { pass: await open(eightBit.promptsPath), copy })
  } catch (error) {
    await steps.close()
    throw error
  }
}

class OnnxRunner extends GraphRunner {
  readonly exactRuns: boolean
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
    // The float32 kernel and products round several rows differently from one.
    this.exactRuns = prompts !== null
  }

  async close(): Promise<void> {
    await this.#steps.close()
    await this.#prompts?.pass.close()
  }

  protected async compute(rows: readonly PlacedRow[], logits: Float32Array): Promise<void> {
    // Steps that wait for a prompt behind them to run with it: the weights are then read once for both.
    let steps: Group | null = null
    for (const group of groupsOf(rows)) {
      if (this.#prompts && group[0].tokens.length > 1 && !group[0].stepwise) {
        await this.#readPrompt(group[0], steps, logits)
        steps = null
        continue
      }
      if (steps) await this.#step(steps, logits)
      steps = group
    }
    if (steps) await this.#step(steps, logits)
  }

  protected copyRows(from: number, to: number, length: number): void {
    this.#cache.copy(from, to, length)
    this.#prompts?.copy.moved(from, to, length)
  }

  async #step(steps: Group, logits: Float32Array): Promise<void> {
    await this.#steps.run(steps, logits, this.#cache.view(steps[0].slot, steps.length))
    this.#written(steps)
  }

  /** The graph wants a row of steps: where there is none, one in the slot behind all others, which nobody reads. */
  async #readPrompt(prompt: PlacedRow, steps: Group | null, logits: Float32Array): Promise<void> {
    const { pass, copy } = this.#prompts!
    const { slot, past, tokens } = prompt
    const { slots } = this.shape
    const others: Group = steps ?? [{ tokens: [0], past: 0, logits: 0, slot: slots, logitsAt: prompt.logitsAt }]
    copy.follow(slot, past)
    const own = this.#cache.view(others[0].slot, others.length)
    const view = {
      past: { ...own.past, ...copy.view.past },
      present: { ...own.present, ...copy.view.present, ...this.#rowTensors(tokens.length) },
    }
    await pass.run(others, logits, view, prompt)
    copy.store(past, tokens.length, this.#rows)
    this.#written(others)
  }

  #written(steps: Group): void {
    for (const { slot, past } of steps) this.#prompts?.copy.written(slot, past)
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
