import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Drafter } from '../../src/inference/drafting.ts'
import { EngineClient, requestFor } from './engine-client.ts'
import { engineOver, RepeatingRunner } from './scripted-engine.ts'

const shape = { slots: 4, maxContext: 256, vocabSize: 512, eos: { id: 2, every: 60 } }

describe('a draft', () => {
  const propose = (ids: number[], limit = 4) => new Drafter(ids).propose(limit)

  it('is what followed the last three ids the latest time', () => {
    expect(propose([1, 2, 3, 4, 5, 9, 1, 2, 3, 6, 7, 8, 9, 1, 2, 3])).toEqual([6, 7, 8, 9])
  })

  it('prefers what followed more of the last ids', () => {
    expect(propose([1, 2, 3, 4, 5, 6, 7, 0, 3, 8, 9, 1, 2, 3])).toEqual([4, 5, 6, 7])
    expect(propose([5, 3, 8, 9, 3])).toEqual([8, 9, 3])
  })

  it('is empty where the last id is new, and never longer than asked for', () => {
    expect(propose([1, 2, 3])).toEqual([])
    expect(propose([])).toEqual([])
    expect(propose([7])).toEqual([])
    expect(propose([1, 2, 3, 4, 1], 2)).toEqual([2, 3])
  })

  it('pauses while guesses are wrong, and is tried again later', () => {
    const ids = [1, 1]
    const drafter = new Drafter(ids)
    let tries = 0
    for (let step = 0; step < 1000; step++) {
      if (drafter.propose(4).length > 0) {
        tries++
        drafter.record(0)
      }
      ids.push(1)
    }
    expect(tries).toBeGreaterThan(20)
    expect(tries).toBeLessThan(50)
  })

  it('goes on while guesses are right', () => {
    const ids = [1, 1]
    const drafter = new Drafter(ids)
    for (let step = 0; step < 100; step++) {
      expect(drafter.propose(1)).toEqual([1])
      drafter.record(1)
      ids.push(1)
    }
  })
})

describe('an engine that drafts', () => {
  it('gives the same tokens, texts and log-probabilities in fewer steps', async () => {
    const plain = new EngineClient(engineOver(new RepeatingRunner(shape), { drafting: false }))
    const drafting = new EngineClient(engineOver(new RepeatingRunner(shape)))
    const request = requestFor('once more', { maxTokens: 120, ignoreEos: true, logprobs: 2 })
    const expected = await plain.generate(request)
    const found = await drafting.generate(request)
    expect(found.tokens).toEqual(expected.tokens)
    expect(found.steps.length).toBeLessThan(0.7 * expected.steps.length)
    const { draftedTokens, acceptedTokens, decodeTokens, steps } = drafting.engine.stats()
    expect(acceptedTokens).toBe(expected.steps.length - found.steps.length)
    expect(draftedTokens).toBeGreaterThan(acceptedTokens)
    // The first token came with the prompt.
    expect(decodeTokens).toBe(119)
    expect(steps).toBe(120 - acceptedTokens)
    expect(plain.engine.stats()).toMatchObject({ draftedTokens: 0, acceptedTokens: 0 })
  })

  it('gives the same for every request', async () => {
    const plain = new EngineClient(engineOver(new RepeatingRunner(shape), { drafting: false }))
    const drafting = new EngineClient(engineOver(new RepeatingRunner(shape)))
    const anyRequest = fc.record({
      maxTokens: fc.integer({ min: 1, max: 60 }),
      minTokens: fc.integer({ min: 0, max: 20 }),
      stop: fc.array(fc.constantFrom(' ', 'e', 'th', 'in', 'on', '🙂'), { maxLength: 2 }),
      ignoreEos: fc.boolean(),
      logprobs: fc.constantFrom(null, 0, 2),
      prompt: fc.constantFrom('a', 'one two three one two three', 'word '.repeat(230)),
      sampling: fc.record({
        temperature: fc.constantFrom(0, 0.3, 1),
        topP: fc.constantFrom(1, 0.9),
        topK: fc.constantFrom(0, 5),
        minP: fc.constantFrom(0, 0.05),
        repetitionPenalty: fc.constantFrom(1, 1.3),
        presencePenalty: fc.constantFrom(0, 0.5),
        frequencyPenalty: fc.constantFrom(0, 0.3),
        seed: fc.nat(),
      }),
    })
    await fc.assert(
      fc.asyncProperty(anyRequest, async ({ prompt, ...overrides }) => {
        const request = requestFor(prompt, overrides)
        const { tokens, end } = await plain.generate(request)
        const found = await drafting.generate(request)
        expect(found.tokens).toEqual(tokens)
        expect({ ...found.end, timings: null }).toEqual({ ...end, timings: null })
      }),
      { numRuns: 150 },
    )
    expect(drafting.engine.stats().acceptedTokens).toBeGreaterThan(200)
  })

  it('drafts nothing while several sequences decode', async () => {
    const client = new EngineClient(engineOver(new RepeatingRunner(shape)))
    const requests = ['a', 'b', 'c'].map((text) => requestFor(text, { maxTokens: 50, ignoreEos: true }))
    await Promise.all(requests.map((request) => client.generate(request)))
    expect(client.engine.stats().draftedTokens).toBeLessThan(10)
  })
})
