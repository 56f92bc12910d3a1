import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { buildGraph, type GraphFiles, type Precision } from '../../src/inference/model/open-model.ts'
import type { BatchRow, ModelRunner } from '../../src/inference/model-runner.ts'
import { createOnnxRunner } from '../../src/inference/runner/onnx-runner.ts'
import { resolveModel } from '../../src/tokenizer/model-files.ts'
import { temporaryFolder, tinyModel, writeSafetensors } from './model/tiny-models.ts'

const SLOTS = 8
const MAX_CONTEXT = 64
const VOCAB = 320

let folder: ReturnType<typeof temporaryFolder>
const graphs = new Map<Precision, GraphFiles>()
let runner: ModelRunner
let closeRunner = async () => {}

beforeAll(async () => {
  folder = temporaryFolder()
  const model = join(folder.path, 'tiny')
  writeSafetensors(model, tinyModel('LlamaForCausalLM', { num_hidden_layers: 3 }))
  const files = await resolveModel(model, folder.path)
  for (const precision of ['float32', 'int8'] as const) {
    graphs.set(precision, await buildGraph(files, { precision, dataDir: folder.path }))
  }
})
afterEach(async () => {
  await closeRunner()
  closeRunner = async () => {}
})
afterAll(() => folder.remove())

async function openRunner(precision: Precision = 'float32'): Promise<ModelRunner> {
  runner = await createOnnxRunner(graphs.get(precision)!, { slots: SLOTS, maxContext: MAX_CONTEXT, threads: 2 })
  closeRunner = () => runner.close()
  return runner
}

const prompt = (slot: number, length = 5 + slot * 3) => Array.from({ length }, (_, i) => (i * 37 + slot * 11) % VOCAB)
const row = (tokens: number[], past: number, logits = 1): BatchRow => ({ tokens, past, logits })

/** Runs rows and copies the logits out: they are only valid until the next call. */
async function run(firstSlot: number, ...rows: BatchRow[]): Promise<number[]> {
  return [...(await runner.forward({ firstSlot, rows }))]
}

function expectClose(actual: number[], expected: number[], tolerance = 1e-5): void {
  expect(actual.length).toBe(expected.length)
  const difference = Math.max(...actual.map((value, i) => Math.abs(value - expected[i]!)))
  expect(difference).toBeLessThan(tolerance)
}

/**
 * What the last projection alone may differ by on some CPUs. A difference before it would show: in int8 it turns into a
 * step of the 8-bit scale somewhere, and grows from there.
 */
const LAST_DIGITS = 1e-4

describe.each(['float32', 'int8'] as const)('the runner in %s', (precision) => {
  it('gives a sequence the same logits alone and in a batch of eight with other lengths', async () => {
    await openRunner(precision)
    const alone: number[][] = []
    for (let slot = 0; slot < SLOTS; slot++) {
      await run(0, row(prompt(slot), 0))
      alone.push(await run(0, row([slot], prompt(slot).length)))
    }
    for (let slot = 0; slot < SLOTS; slot++) await run(slot, row(prompt(slot), 0))
    const rows = alone.map((_, slot) => row([slot], prompt(slot).length))
    expectClose(await run(0, ...rows), alone.flat(), LAST_DIGITS)
  })

  it('reads a prompt in chunks as it reads it at once', async () => {
    await openRunner(precision)
    const ids = prompt(4, 20)
    const atOnce = await run(0, row(ids, 0, 20))
    const first = await run(3, row(ids.slice(0, 13), 0, 13))
    expectClose([...first, ...(await run(3, row(ids.slice(13), 13, 7)))], atOnce, LAST_DIGITS)
  })

  it('reads a prompt token by token nearly as it reads it at once', async () => {
    await openRunner(precision)
    const ids = prompt(4, 20)
    const atOnce = await run(0, row(ids, 0, 20))
    const singly: number[] = []
    for (const [past, id] of ids.entries()) singly.push(...(await run(7, row([id], past))))
    expectClose(singly, atOnce, precision === 'float32' ? 1e-5 : 0.1)
  })
})

describe('the runner', () => {
  it('takes rows of every length in one batch, and returns logits in their order', async () => {
    await openRunner()
    const single = [await run(1, row(prompt(1), 0, 2)), await run(2, row(prompt(2, 1), 0)), await run(3, row([9], 0))]
    const batch = [row(prompt(1), 0, 2), row(prompt(2, 1), 0), row([9], 0)]
    expectClose(await run(4, ...batch), single.flat())
  })

  it('gives several ids of a slot the results of single ones, beside the steps and the prompt of others', async () => {
    await openRunner('int8')
    expect(runner.exactRuns).toBe(true)
    const ids = prompt(3, 40)
    const own = prompt(1, 8)
    for (const slot of [0, 1]) await run(slot, row(own, 0))
    const singly: number[] = []
    for (const [at, id] of ids.entries()) singly.push(...(await run(1, row([id], own.length + at))))
    const expected = [...(await run(0, row([5], own.length))), ...singly, ...(await run(2, row(prompt(2, 20), 0)))]
    const behind = await run(1, row([9], own.length + ids.length))
    await run(1, row(own, 0))
    const rows = [row([5], own.length), { ...row(ids, own.length, ids.length), stepwise: true }, row(prompt(2, 20), 0)]
    expectClose(await run(0, ...rows), expected, LAST_DIGITS)
    expectClose(await run(1, row([9], own.length + ids.length)), behind, LAST_DIGITS)
  })

  it('returns no logits where none are wanted', async () => {
    await openRunner()
    expect(await run(0, row(prompt(0), 0, 0))).toEqual([])
    const mixed = await run(0, row([1], prompt(0).length, 0), row([2], 0, 1))
    expectClose(mixed, await run(5, row([2], 0)))
  })

  it('rolls back by a smaller past', async () => {
    await openRunner()
    await run(0, row(prompt(0, 12), 0))
    const expected = await run(0, row([5, 6], 12, 2))
    await run(0, row([200, 201, 202, 203], 12))
    expectClose(await run(0, row([5, 6], 12, 2)), expected)
  })

  it('copies the beginning of a slot over another', async () => {
    await openRunner()
    await run(2, row(prompt(2, 20), 0))
    await run(6, row(prompt(6, 30), 0))
    const expected = await run(2, row([7], 15))
    runner.copySlot(2, 6, 15)
    expectClose(await run(6, row([7], 15)), expected)
  })

  it('fills a slot to its last row', async () => {
    await openRunner()
    await run(7, row(prompt(1, MAX_CONTEXT - 1), 0))
    expect((await run(7, row([1], MAX_CONTEXT - 1))).every(Number.isFinite)).toBe(true)
  })

  it('never copies the cache: a step allocates no buffers', async () => {
    await openRunner()
    const rows = Array.from({ length: SLOTS }, () => row([1], 0))
    await run(0, ...rows)
    const before = process.memoryUsage().arrayBuffers
    for (let step = 0; step < 20; step++) await runner.forward({ firstSlot: 0, rows })
    const cacheBytes = SLOTS * MAX_CONTEXT * 3 * 2 * 2 * 16 * 4
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(cacheBytes)
  })

  it.each([
    ['an id outside the vocabulary', 0, row([VOCAB], 0), /there is no token 320/],
    ['a negative id', 0, row([-1], 0), /there is no token -1/],
    ['no tokens', 0, row([], 0, 0), /without tokens/],
    ['more logits than tokens', 0, row([1], 0, 2), /more logits/],
    ['more rows than a slot holds', 0, row([1], MAX_CONTEXT), /slot is full/],
    ['a slot that is not there', SLOTS, row([1], 0), /no slots 8 to 8/],
  ])('refuses %s and goes on', async (_, slot, bad, message) => {
    await openRunner()
    const expected = await run(0, row([1], 0))
    await expect(run(slot, bad)).rejects.toThrow(message)
    expectClose(await run(0, row([1], 0)), expected)
  })

  it('refuses a second call before the first has settled', async () => {
    await openRunner()
    const first = run(0, row([1], 0))
    await expect(run(0, row([2], 0))).rejects.toThrow(/before the last one had settled/)
    expect(() => runner.copySlot(0, 1, 1)).toThrow(/during a forward pass/)
    await expect(first).resolves.toHaveLength(VOCAB)
  })

  it('refuses a context that the model was not made for', async () => {
    const options = { slots: 1, maxContext: 4096, threads: 1 }
    await expect(createOnnxRunner(graphs.get('int8')!, options)).rejects.toThrow(/context is 128 tokens, not 4096/)
  })

  it('names a graph that cannot be loaded', async () => {
    const graph = { ...graphs.get('int8')!, path: '/nowhere/graph.onnx' }
    const opened = createOnnxRunner(graph, { slots: 1, maxContext: 8, threads: 1 })
    await expect(opened).rejects.toMatchObject({ code: 'bad_model', field: '/nowhere/graph.onnx' })
  })
})
