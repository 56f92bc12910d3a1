import { describe, expect, it } from 'vitest'
import { EmbeddingLine, mostRequestTokens } from '../../src/embedding/embedding-line.ts'
import type { TextEncoder } from '../../src/embedding/embedding-work.ts'
import { AppError } from '../../src/errors.ts'

/** A token a character; the vector of ids is their first one. Steps wait until they are let go. */
class SlowEncoder implements TextEncoder {
  readonly info = {
    ...{ model: 'slow', dimensions: 1, fingerprint: 'slow', maxTokens: 600, vocabSize: 70_000, padId: 0 },
    ...{ matryoshka: null, pooling: 'mean' as const, prompts: { query: '', document: '' } },
  }
  readonly batches: (readonly number[])[][] = []
  readonly #held: (() => void)[] = []
  hold = false
  /** Of the next step. */
  failure: Error | null = null

  async tokenize(texts: readonly string[]): Promise<number[][]> {
    return texts.map((text) => Array.from(text, (character) => character.charCodeAt(0)))
  }

  async encode(texts: readonly (readonly number[])[]): Promise<Float32Array[]> {
    this.batches.push([...texts])
    const { failure } = this
    this.failure = null
    if (this.hold) await new Promise<void>((go) => this.#held.push(go))
    if (failure) throw failure
    return texts.map(([first]) => Float32Array.of(first!))
  }

  letGo(): void {
    this.hold = false
    for (const go of this.#held.splice(0)) go()
  }
}

function line() {
  const encoder = new SlowEncoder()
  return { encoder, line: new EmbeddingLine(encoder) }
}
const own = { owner: null }
/** Until everything that can be done now has been. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 5))

describe('the line of what is to be embedded', () => {
  it('gives vectors in the order of the texts, whatever order they are done in', async () => {
    const { encoder, line: one } = line()
    const texts = ['ccccc', 'a', 'dddddddd', 'bb', 'a']
    const { vectors, tokens } = await one.embed([...texts, [7, 8]], own)
    expect(vectors.map(([value]) => value)).toEqual([...texts.map((text) => text.charCodeAt(0)), 7])
    expect(tokens).toBe(19)
    const lengths = encoder.batches.flat().map((ids) => ids.length)
    expect(lengths).toEqual(lengths.toSorted((a, b) => a - b))
    expect(one.waitingTokens).toBe(0)
  })

  it('bounds a step by its tokens, padding included, and a text that has more is a step by itself', async () => {
    const { encoder, line: one } = line()
    const texts = [...Array.from({ length: 9 }, () => 'x'.repeat(150)), 'y'.repeat(5000)]
    await one.embed(texts, own)
    expect(encoder.batches.map((batch) => batch.length)).toEqual([3, 3, 3, 1])
  })

  it('lets owners take turns, so a short request is not behind all of a long one', async () => {
    const { encoder, line: one } = line()
    encoder.hold = true
    const done: string[] = []
    const ask = (owner: string, name: string, texts: string[]) =>
      one.embed(texts, { owner }).then(() => void done.push(name))
    const long = (letter: string) => Array.from({ length: 12 }, () => letter.repeat(500))
    const all = [ask('ann', 'first', long('a')), ask('ann', 'second', long('b')), ask('bob', 'short', ['c'])]
    await settle()
    encoder.letGo()
    await Promise.all(all)
    expect(done[0]).toBe('short')
  })

  it('cuts what is too long where that is asked for, and keeps the sign at the end', async () => {
    const { encoder, line: one } = line()
    const { tokens } = await one.embed([`${'x'.repeat(700)}z`], { owner: null, cut: true })
    expect(tokens).toBe(600)
    expect(encoder.batches[0]![0]!.at(-1)).toBe('z'.charCodeAt(0))
  })

  it('asks whether counted texts may be embedded, and does nothing when they may not', async () => {
    const { encoder, line: one } = line()
    const refusal = new AppError('rate_limited', 'no')
    const onCounted = async (counts: readonly number[]) => {
      expect(counts).toEqual([3, 2])
      throw refusal
    }
    await expect(one.embed(['abc', [1, 2]], { owner: 'ann', onCounted })).rejects.toBe(refusal)
    expect(encoder.batches).toEqual([])
    expect(one.waitingTokens).toBe(0)
  })

  it('refuses what has no room, with a time; of one key half of the room, of this process nothing', async () => {
    const { encoder, line: one } = line()
    encoder.hold = true
    const ids = Array.from({ length: mostRequestTokens / 500 }, () => new Array<number>(500).fill(1))
    const leave = new AbortController()
    const ask = (owner: string | null) => one.embed(ids, { owner, signal: leave.signal })
    const waiting = [ask('ann')]
    await settle()
    await expect(ask('ann')).rejects.toMatchObject({
      code: 'queue_full',
      message: expect.stringMatching(/^300000 tokens of this key are waiting/),
      retryAfterSeconds: expect.any(Number),
    })
    waiting.push(ask('bob'))
    await settle()
    const refused = one.embed(['x'], { owner: 'cleo' })
    await expect(refused).rejects.toMatchObject({
      code: 'queue_full',
      message: expect.stringMatching(/^600000 tokens/),
    })
    waiting.push(ask(null))
    const ends = Promise.allSettled(waiting)
    leave.abort(new AppError('cancelled', 'gone'))
    expect((await ends).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    expect(one.waitingTokens).toBe(0)
    encoder.letGo()
    expect((await one.embed(['x'], { owner: 'cleo' })).tokens).toBe(1)
  })

  it('does nothing more for who has left', async () => {
    const { encoder, line: one } = line()
    encoder.hold = true
    const leave = new AbortController()
    const texts = Array.from({ length: 4 }, () => 'x'.repeat(600))
    const left = one.embed(texts, { owner: 'ann', signal: leave.signal })
    await settle()
    leave.abort(new AppError('cancelled', 'gone'))
    await expect(left).rejects.toMatchObject({ code: 'cancelled' })
    encoder.letGo()
    await one.embed(['y'], own)
    expect(encoder.batches).toHaveLength(2)
  })

  it('goes on with the others when a step fails', async () => {
    const { encoder, line: one } = line()
    encoder.hold = true
    encoder.failure = new AppError('unavailable', 'the embedding process ended')
    const failed = one.embed(['a'], { owner: 'ann' })
    await settle()
    const other = one.embed(['b'], { owner: 'bob' })
    const rejected = expect(failed).rejects.toMatchObject({ code: 'unavailable' })
    encoder.letGo()
    await rejected
    expect((await other).vectors[0]![0]).toBe('b'.charCodeAt(0))
  })
})
