// What every engine promises, run against each of them.

import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Engine, GeneratedToken, SequenceUsage } from '../../src/inference/engine.ts'
import type { Tokenizer } from '../../src/tokenizer/tokenizer.ts'
import { EngineClient, type Result, requestFor, sampled } from './engine-client.ts'

export interface EngineUnderTest {
  open(): Promise<Engine>
  tokenizer: Tokenizer
  /** Whether a language model answers: its text is valid UTF-8. */
  real: boolean
  /** Whether a token is the same whatever is computed beside it; else it may differ where two are nearly as probable. */
  exact: boolean
  /** Requests in the random run. */
  randomRequests: number
}

const prompts = [
  'Once upon a time',
  'The quick brown fox 12345 jumped\n\n   over',
  '🙂👩‍👩‍👧‍👦🏳️‍🌈 means',
  '日本語のテキスト 中文',
  'def f(x):',
  'a',
  'naïve café über',
  'one two three '.repeat(30),
]

export function engineContract(name: string, { open, tokenizer, real, exact, randomRequests }: EngineUnderTest): void {
  describe(name, { timeout: 120_000 }, () => {
    let engine: Engine
    let client: EngineClient

    beforeAll(async () => {
      engine = await open()
      client = new EngineClient(engine)
    }, 600_000)
    afterAll(() => engine?.close())

    const nothingLeft = () => vi.waitFor(() => expect(engine.stats()).toMatchObject({ running: 0, waiting: 0 }), 20_000)

    it('gives a sequence the same tokens alone and in a batch of 8, which share steps', async () => {
      const requests = () =>
        prompts.map((prompt) => requestFor(prompt, { maxTokens: 32, ignoreEos: true, logprobs: 2 }))
      const alone: Result[] = []
      for (const request of requests()) alone.push(await client.generate(request))
      const before = client.steps.length
      const together = await Promise.all(requests().map((request) => client.generate(request)))
      for (const [index, { tokens }] of together.entries()) expectSame(tokens, alone[index]!.tokens, exact)
      expect(client.steps.slice(before).filter((outputs) => outputs.length === 8).length).toBeGreaterThan(8)
    })

    it('streams the text that its tokens have as a whole, never half a character', async () => {
      const requests = prompts.map((prompt, seed) => requestFor(prompt, { maxTokens: 48, sampling: sampled(seed) }))
      for (const { ids, text, end } of await Promise.all(requests.map((request) => client.generate(request)))) {
        expect(end.kind).toBe('finished')
        expect(text).toBe(tokenizer.decode(ids))
      }
    })

    // A scripted model's bytes are no text.
    const itWithRealText = real ? it : () => {}
    itWithRealText('shows no U+FFFD for prompts full of emoji and CJK', async () => {
      const texts = ['🙂👩‍👩‍👧‍👦🏳️‍🌈🙂🙂', '日本語のテキスト 中文 日本語の', '🎉🎊🥳🎉🎊🥳🎉', '한국어 텍스트 🙂']
      const results = await Promise.all(
        texts.flatMap((text) => [
          client.generate(requestFor(text, { maxTokens: 40 })),
          client.generate(
            requestFor('', { prompt: { kind: 'messages', messages: [{ role: 'user', content: text }] } }),
          ),
        ]),
      )
      for (const { text, end } of results) {
        expect(end.kind).toBe('finished')
        expect(text).not.toContain('\ufffd')
      }
    })

    it('delivers 64 tokens one by one, in at most 64 steps', async () => {
      const { tokens, steps, end } = await client.generate(requestFor(prompts[0]!, { maxTokens: 64, ignoreEos: true }))
      expect(tokens.filter(({ tokenId }) => tokenId !== null)).toHaveLength(64)
      // Drafting may bring several in a step.
      expect(new Set(steps).size).toBeLessThanOrEqual(64)
      expect(new Set(steps).size).toBeGreaterThan(8)
      expect(end).toMatchObject({ kind: 'finished', reason: 'length' })
    })

    it('counts what it used, and what of the prompt it had computed before', async () => {
      const prompt = `A prompt of its own ${name} that no other test has.`
      const promptTokens = tokenizer.encode(prompt).length
      const counted = async () => (await client.generate(requestFor(prompt, { maxTokens: 5, ignoreEos: true }))).end
      const first = await counted()
      expect(first).toMatchObject({ usage: { promptTokens, completionTokens: 5 } })
      expect(await counted()).toMatchObject({ usage: { cachedTokens: promptTokens - 2, completionTokens: 5 } })
      if (first.kind !== 'finished') return
      expect(first.usage.cachedTokens).toBeLessThan(promptTokens - 2)
      for (const time of Object.values(first.timings)) expect(time).toBeGreaterThanOrEqual(0)
    })

    it('never shows a stop string, also one that is split over tokens', async () => {
      const whole = await client.generate(requestFor(prompts[0]!, { maxTokens: 32, ignoreEos: true }))
      const pieces = whole.tokens.map(({ text }) => text)
      for (let cut = 1; cut < 12; cut++) {
        const before = pieces.slice(0, cut).join('')
        // The end of one token's text and the beginning of the next.
        const stop = before.slice(-2) + (pieces[cut] ?? '').slice(0, 1)
        if (stop === '' || !stop.isWellFormed()) continue
        const result = await client.generate(requestFor(prompts[0]!, { maxTokens: 32, ignoreEos: true, stop: [stop] }))
        expect(result.text).not.toContain(stop)
        expect(result.text).toBe(whole.text.slice(0, whole.text.indexOf(stop)))
        expect(result.end).toMatchObject({ kind: 'finished', reason: 'stop' })
      }
    })

    it('draws the same for the same seed, and something else for another', async () => {
      const draw = (seed: number) =>
        client.generate(requestFor(prompts[0]!, { sampling: { ...sampled(seed), temperature: 1.5 } }))
      const [first, again, other] = await Promise.all([draw(1), draw(1), draw(2)])
      expect(again.ids).toEqual(first.ids)
      expect(other.ids).not.toEqual(first.ids)
    })

    it('reports log-probabilities of a distribution', async () => {
      const { tokens } = await client.generate(requestFor(prompts[0]!, { maxTokens: 8, ignoreEos: true, logprobs: 5 }))
      expect(tokens.length).toBeGreaterThanOrEqual(8)
      for (const { tokenId, logprob } of tokens.filter((token) => token.tokenId !== null)) {
        expect(logprob?.id).toBe(tokenId)
        expect(logprob?.top).toHaveLength(5)
        // Greedy: the token is the most probable one.
        expect(logprob?.top[0]).toEqual({ token: logprob?.token, id: logprob?.id, logprob: logprob?.logprob })
        const sum = logprob!.top.reduce((all, entry) => all + Math.exp(entry.logprob), 0)
        expect(sum).toBeGreaterThan(0)
        expect(sum).toBeLessThanOrEqual(1 + 1e-6)
      }
    })

    it('continues a sequence as though it had never been interrupted', async () => {
      const penalties = { presencePenalty: 0.5, repetitionPenalty: 1.1 }
      const sampling = exact ? { ...sampled(5), ...penalties } : requestFor('').sampling
      const request = requestFor(prompts[0]!, { maxTokens: 20, sampling, stop: ['zq', 'the end of it'], logprobs: 2 })
      const whole = await client.generate(request)
      for (let cut = 0; cut <= whole.ids.length; cut += real ? 5 : 1) {
        const generated = whole.ids.slice(0, cut)
        const rest = await client.generate({ ...request, id: `${request.id}-${cut}`, generated })
        expectSame(rest.tokens, whole.tokens.slice(cut), exact)
        if (!exact) continue
        expect(rest.end).toMatchObject({ kind: 'finished', reason: (whole.end as { reason: string }).reason })
        const { promptTokens, completionTokens } = (whole.end as { usage: SequenceUsage }).usage
        expect(rest.end).toMatchObject({ usage: { promptTokens, completionTokens } })
      }
    })

    it('drops a cancelled sequence within one step', async () => {
      const request = requestFor(prompts[0]!, { maxTokens: 400, ignoreEos: true })
      const other = client.generate(requestFor(prompts[1]!, { maxTokens: 30, ignoreEos: true }))
      await new Promise<void>((resolve, reject) => {
        client.onToken((id) => id === request.id && resolve())
        void client.generate(request).then(({ end }) => reject(new Error(JSON.stringify(end))))
      })
      client.onToken(() => {})
      // The client fails on any output that comes after this.
      client.cancel(request.id)
      client.cancel(request.id)
      expect((await other).ids).toHaveLength(30)
      await nothingLeft()
    })

    it('computes nothing more for a cancelled sequence: what is submitted next runs alone', async () => {
      const request = requestFor(prompts[0]!, { maxTokens: 400, ignoreEos: true })
      const next = requestFor('a', { maxTokens: 4, ignoreEos: true })
      let cancelled = false
      const runningWithNext = new Promise<number>((resolve, reject) => {
        client.onToken((id) => {
          if (id === next.id) resolve(engine.stats().running)
          if (id !== request.id || cancelled) return
          cancelled = true
          client.cancel(request.id)
          // An engine is told in this order, so once it answers this one it has done what it does about the other.
          void client.generate(next)
        })
        void client.generate(request).then(({ end }) => reject(new Error(JSON.stringify(end))))
      })
      expect(await runningWithNext).toBe(1)
      client.onToken(() => {})
      await nothingLeft()
    })

    it('refuses what it cannot run, and goes on', async () => {
      const { maxContext } = engine.info
      const bad = await Promise.all([
        client.generate(requestFor('word '.repeat(maxContext + 1))),
        client.generate(requestFor('')),
        client.generate(requestFor('hi', { generated: [-1] })),
      ])
      for (const { tokens, end } of bad) {
        expect(tokens).toEqual([])
        expect(end).toMatchObject({
          kind: 'failed',
          code: 'invalid_request',
          message: expect.stringMatching(/prompt|generated/),
        })
      }
      const late = await client.generate(requestFor('hi', { deadlineAt: Date.now() - 1 }))
      expect(late.end).toMatchObject({ kind: 'failed', code: 'deadline_exceeded' })
      expect((await client.generate(requestFor('hi'))).end.kind).toBe('finished')
    })

    it('ends with length where the context is full', async () => {
      const { maxContext } = engine.info
      const prompt = ' a'.repeat(maxContext - 4)
      const promptTokens = tokenizer.encode(prompt).length
      expect(promptTokens).toBeLessThan(maxContext)
      const { ids, end } = await client.generate(requestFor(prompt, { maxTokens: 500, ignoreEos: true }))
      expect(ids).toHaveLength(maxContext - promptTokens)
      expect(end).toMatchObject({ kind: 'finished', reason: 'length' })
    })

    it('leaves no slot and no sequence behind after random requests', async () => {
      const anyRequest = fc.record({
        prompt: fc.constantFrom(...prompts),
        maxTokens: fc.integer({ min: 1, max: 12 }),
        minTokens: fc.integer({ min: 0, max: 4 }),
        stop: fc.array(fc.constantFrom(' ', 'e', 'the', '\n', '🙂'), { maxLength: 2 }),
        seed: fc.nat(),
        ignoreEos: fc.boolean(),
        cancelAfter: fc.option(fc.integer({ min: 0, max: 5 })),
        late: fc.boolean(),
      })
      await fc.assert(
        fc.asyncProperty(fc.array(anyRequest, { minLength: 10, maxLength: 20 }), async (requests) => {
          const runs = requests.map(async ({ prompt, seed, cancelAfter, late, ...rest }) => {
            const deadlineAt = Date.now() + (late ? 5 : 60_000)
            const request = requestFor(prompt, { ...rest, sampling: sampled(seed), deadlineAt })
            const ended = client.generate(request)
            if (cancelAfter !== null) {
              for (let turn = 0; turn < cancelAfter; turn++) await new Promise((resolve) => setImmediate(resolve))
              client.cancel(request.id)
              return
            }
            const { ids, text, end } = await ended
            expect(ids.length).toBeLessThanOrEqual(rest.maxTokens)
            if (rest.minTokens === 0) for (const stop of rest.stop) expect(text).not.toContain(stop)
            if (end.kind === 'failed') expect(end.code).toBe('deadline_exceeded')
            else expect(ids.length).toBeGreaterThanOrEqual(Math.min(rest.minTokens, rest.maxTokens))
          })
          await Promise.all(runs)
          await nothingLeft()
        }),
        { numRuns: Math.ceil(randomRequests / 15) },
      )
    })
  })
}

/** Greedy tokens: equal, or where `exact` is false equal up to a token that the model nearly gave to another. */
function expectSame(found: GeneratedToken[], expected: GeneratedToken[], exact: boolean): void {
  if (exact) {
    const withoutLogprob = ({ tokenId, text }: GeneratedToken) => ({ tokenId, text })
    expect(found.map(withoutLogprob)).toEqual(expected.map(withoutLogprob))
    return
  }
  const different = expected.findIndex(({ tokenId }, index) => found[index]?.tokenId !== tokenId)
  if (different === -1) return
  const [best, second] = expected[different]!.logprob!.top
  expect(best!.logprob - second!.logprob).toBeLessThan(0.02)
}
