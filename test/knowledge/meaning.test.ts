// Cases found by meaning, over a real Redis and the tiny encoder.

import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Embeddings } from '../../src/embedding/embeddings.ts'
import { type CaseInput, caseInputSchema } from '../../src/knowledge/case.ts'
import { CaseStore } from '../../src/knowledge/case-store.ts'
import type { TextVectors } from '../../src/knowledge/case-vectors.ts'
import { importCases } from '../../src/knowledge/edit-cases.ts'
import { fused } from '../../src/knowledge/fusion.ts'
import { KnowledgeBase } from '../../src/knowledge/knowledge-base.ts'
import { seedCases } from '../../src/knowledge/seed/seed-cases.ts'
import { KnowledgeRetriever } from '../../src/llm/knowledge-retriever.ts'
import { createLogAnalyzer } from '../../src/llm/log-analyzer.ts'
import { keysOf } from '../../src/stream/keys.ts'
import { closeRedis, connectRedis, type RedisClient } from '../../src/stream/redis.ts'
import { openTinyEmbeddings } from '../embedding/tiny-embeddings.ts'
import { startTestRedis, type TestRedis } from '../support/redis.ts'

/** The texts that a model was asked for. */
class Counted implements TextVectors {
  readonly asked: string[] = []
  readonly dimensions: number
  failure: Error | null = null
  readonly #of: TextVectors

  constructor(
    of: TextVectors,
    public fingerprint = of.fingerprint,
  ) {
    this.#of = of
    this.dimensions = of.dimensions
  }

  async vectorsOf(texts: readonly string[], as: 'query' | 'document'): Promise<Float32Array[]> {
    this.asked.push(...texts)
    if (this.failure) throw this.failure
    return this.#of.vectorsOf(texts, as)
  }
}

const caseOf = (title: string, text: string): CaseInput =>
  caseInputSchema.parse({ title, text, category: 'infrastructure', cause: `Why: ${title}` })
const boiler = caseOf('The build house is cold', 'boiler handshake lost: valve never opened')
const printer = caseOf('No page comes out', 'printer tray empty')
/** No word of it is in the case. */
const inOtherWords = 'furnace greeting vanished: tap not unlocked'

let redis: TestRedis
let client: RedisClient
let tiny: Embeddings
let store: CaseStore
let namespaces = 0
beforeAll(async () => {
  redis = await startTestRedis()
  client = connectRedis(redis.url, 'requests', () => {})
  tiny = await openTinyEmbeddings()
})
afterAll(async () => {
  await closeRedis(client)
  await redis?.stop()
  await tiny?.close()
})
beforeEach(() => {
  store = new CaseStore(client, keysOf(`meaning${namespaces++}`))
})

const titles = async (base: KnowledgeBase, ...lines: string[]) =>
  (await base.find({ signature: null, lines }, '')).similar.map(({ title, matched }) => [title, matched])
async function openBase(model: TextVectors, onError = (_: Error) => {}): Promise<KnowledgeBase> {
  const base = new KnowledgeBase(store, { vectors: model, onError })
  await base.list('', undefined)
  await base.ready()
  return base
}

describe('finding cases by meaning', () => {
  it('finds a case in other words, which its wording alone does not, and says so', async () => {
    await importCases(store, [boiler, printer], '')
    expect(await titles(new KnowledgeBase(store), inOtherWords)).toEqual([])
    const base = await openBase(tiny)
    expect(await titles(base, inOtherWords)).toEqual([[boiler.title, ['meaning']]])
    expect(await titles(base, boiler.text)).toEqual([[boiler.title, ['wording', 'meaning']]])
    const listed = (await base.list('', inOtherWords)).slice(0, 2)
    expect(listed.map(({ title }) => title)).toContain(boiler.title)
    const documents = await new KnowledgeRetriever({ base }).invoke(inOtherWords)
    expect(documents[0]?.metadata).toMatchObject({ title: boiler.title, matched: ['meaning'] })
  })

  it('shows nothing for a failure that no case means', async () => {
    await importCases(store, [boiler], '')
    const base = await openBase(tiny)
    expect(await titles(base, 'the plotter drawer is bare')).toEqual([])
    expect(await titles(base, 'xyzzy plugh')).toEqual([])
    expect(await titles(base, '')).toEqual([])
  })

  it('serves by wording alone until vectors are there, and when the model fails', async () => {
    await importCases(store, [boiler], '')
    const model = new Counted(tiny)
    const errors: string[] = []
    const early = new KnowledgeBase(store, { vectors: model })
    expect(await titles(early, boiler.text)).toEqual([[boiler.title, ['wording']]])
    await early.ready()
    const base = await openBase(model, ({ message }) => void errors.push(message))
    model.failure = new Error('the embedding process ended')
    expect(await titles(base, boiler.text)).toEqual([[boiler.title, ['wording']]])
    expect(errors).toEqual(['the embedding process ended'])
  })

  it('makes a vector once for all processes, anew for another model or another text', async () => {
    const [kept] = await importCases(store, [boiler], '')
    const first = new Counted(tiny)
    await openBase(first)
    expect(first.asked).toHaveLength(seedCases.length + 1)
    const second = new Counted(tiny)
    const base = await openBase(second)
    expect(second.asked).toEqual([])
    await importCases(store, [{ ...boiler, text: 'printer tray empty' }], '')
    await vi.waitFor(async () => {
      expect(await titles(base, 'plotter drawer bare')).toEqual([[boiler.title, ['meaning']]])
    }, 20_000)
    expect(second.asked.filter((text) => text.includes('printer tray'))).toHaveLength(1)
    const other = new Counted(tiny, 'another')
    await openBase(other)
    expect(other.asked).toHaveLength(seedCases.length + 1)
    await store.keepVectors('', [[kept!.id, `${await store.vectors('', [kept!.id])}AAAA`]])
    const repairing = new Counted(tiny, 'another')
    await openBase(repairing)
    expect(repairing.asked).toHaveLength(1)
    await store.remove('', kept!.id)
    expect(await store.vectors('', [kept!.id])).toEqual([null])
  })

  it('shows a case that only means the same, and changes neither cause nor fixes by it', async () => {
    await importCases(store, [{ ...boiler, fixes: [{ action: 'Open the valve.', risk: 'low' }] }], '')
    const knowledge = await openBase(tiny)
    const log = `starting\nerror: ${inOtherWords}\n`
    const without = await createLogAnalyzer().invoke(log)
    const { similar_cases: similar, ...rest } = await createLogAnalyzer({ knowledge }).invoke(log)
    expect(similar).toMatchObject([{ title: boiler.title, matched: ['meaning'] }])
    expect({ ...rest, similar_cases: [] }).toEqual(without)
    let told = ''
    const analyzer = createLogAnalyzer({ knowledge })
    for await (const item of analyzer.events(analyzer.reduce(log))) if (item.type === 'token') told += item.text
    expect(told).toContain(`Perhaps alike: ${boiler.title}. ${boiler.cause}`)
  })

  it('keeps the cases of a key to that key', async () => {
    await importCases(store, [boiler], 'ann')
    const base = new KnowledgeBase(store, { vectors: tiny })
    const found = async (scope: string) =>
      (await base.find({ signature: null, lines: [inOtherWords] }, scope)).similar.map(({ title }) => title)
    await found('ann')
    await base.ready()
    expect(await found('ann')).toEqual([boiler.title])
    expect(await found('bob')).toEqual([])
    expect(await found('')).toEqual([])
  })
})

it('two rankings become one by the sum of their reciprocal ranks', () => {
  const [a, b, c, d] = seedCases as [never, never, never, never]
  const ids = (cases: { id: string }[]) => cases.map(({ id }) => id)
  const both = fused({ wording: [a, b, c], meaning: [c, d] })
  // 1/61 + 1/63 of c; a has 1/61; b and d have 1/62 each.
  expect(ids(both)).toEqual(ids([c, a, b, d]))
  expect(both.map(({ matched }) => matched)).toEqual([['wording', 'meaning'], ['wording'], ['wording'], ['meaning']])
})
