import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ScriptedRunner } from '../../src/inference/scripted-runner.ts'
import { embeddedTokenizer as tokenizer } from '../tokenizer/embedded-tokenizer.ts'
import { EngineClient, type Result, requestFor, sampled } from './engine-client.ts'
import { engineOver, RepeatingRunner } from './scripted-engine.ts'

const shape = { slots: 6, maxContext: 1024, vocabSize: 512 }
const template = 'You are given a log. Say what failed, why, and what to do about it. '.repeat(20)
const promptTokensOf = (text: string) => tokenizer.encode(text).length

function open(options: Parameters<typeof engineOver>[1] = {}) {
  const runner = new ScriptedRunner(shape)
  return { runner, client: new EngineClient(engineOver(runner, { running: 4, ...options })) }
}
const cachedIn = ({ end }: Result) => (end.kind === 'finished' ? end.usage.cachedTokens : null)

describe('prefix reuse', () => {
  it('computes of a second prompt only what differs, and counts the rest', async () => {
    const { runner, client } = open()
    await client.generate(requestFor(`${template} first`, { maxTokens: 4 }))
    runner.recent.length = 0
    const second = await client.generate(requestFor(`${template} second`, { maxTokens: 4 }))
    const shared = promptTokensOf(template)
    expect(cachedIn(second)).toBeGreaterThanOrEqual(shared - 1)
    expect(runner.recent[0]!.rows[0]!.tokens.length).toBeLessThan(5)
    expect(client.engine.stats()).toMatchObject({
      promptTokens: promptTokensOf(`${template} first`) + promptTokensOf(`${template} second`),
      cachedTokens: cachedIn(second),
    })
  })

  it('takes the beginning from a sequence that is still running', async () => {
    const { client } = open()
    const texts = ['a', 'b', 'c', 'd'].map((end) => `${template} ${end}`)
    const results = await Promise.all(texts.map((text) => client.generate(requestFor(text, { maxTokens: 40 }))))
    expect(results.map((result) => (cachedIn(result) ?? 0) > 300)).toEqual([false, true, true, true])
  })

  it('goes on after a hand-back, and with a chat’s next message, from what is there', async () => {
    const { client } = open()
    const request = requestFor(template, { maxTokens: 20, ignoreEos: true })
    const whole = await client.generate(request)
    const rest = await client.generate({ ...request, id: 'rest', generated: whole.ids.slice(0, 12) })
    expect(rest.ids).toEqual(whole.ids.slice(12))
    // Of the prompt; the generated ids are not counted as cached.
    expect(cachedIn(rest)).toBe(promptTokensOf(template))
    // The prompt was computed when it was new, and never again; what was generated is, and only its last id draws.
    expect(client.engine.stats().prefillTokens).toBe(promptTokensOf(template) + 11)
  })

  it('forgets what was used longest ago', async () => {
    const { client } = open({ running: 1 })
    const text = (topic: number) => `${topic} is what this is about. `.repeat(20)
    for (let topic = 0; topic < 6; topic++) await client.generate(requestFor(text(topic), { maxTokens: 2 }))
    // Six slots: one runs, and five others keep.
    expect(cachedIn(await client.generate(requestFor(text(1), { maxTokens: 2 })))).toBeGreaterThan(50)
    await client.generate(requestFor(text(6), { maxTokens: 2 }))
    expect(cachedIn(await client.generate(requestFor(text(1), { maxTokens: 2 })))).toBeGreaterThan(50)
    expect(cachedIn(await client.generate(requestFor(text(2), { maxTokens: 2 })))).toBeLessThan(20)
  })

  it('reuses nothing of a sequence whose logits were unusable', async () => {
    let broken = true
    const runner = new (class extends ScriptedRunner {
      override async forward(batch: Parameters<ScriptedRunner['forward']>[0]) {
        const logits = await super.forward(batch)
        return broken ? logits.fill(Number.NaN) : logits
      }
    })(shape)
    const client = new EngineClient(engineOver(runner))
    expect((await client.generate(requestFor(template))).end).toMatchObject({ code: 'engine_failed' })
    broken = false
    expect(cachedIn(await client.generate(requestFor(template)))).toBe(0)
  })

  it.each([
    ['with a full cache', 500, true],
    ['with a full cache and nothing kept', 500, false],
    ['with room for all', 4000, true],
  ])('changes no token %s, whatever shares its beginning', async (_, kvTokens, prefixReuse) => {
    const alone = new EngineClient(
      engineOver(new RepeatingRunner({ ...shape, slots: 1 }), { drafting: false, prefixReuse: false }),
    )
    const client = new EngineClient(engineOver(new RepeatingRunner(shape), { running: 4, kvTokens, prefixReuse }))
    const anyRequest = fc.record({
      beginning: fc.nat(template.length),
      end: fc.constantFrom('', ' x', ' y z'),
      maxTokens: fc.integer({ min: 1, max: 90 }),
      seed: fc.nat(5),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(anyRequest, { minLength: 2, maxLength: 9 }), async (asked) => {
        const requests = asked.map(({ beginning, end, maxTokens, seed }) =>
          requestFor(`a${template.slice(0, beginning)}${end}`, { maxTokens, sampling: sampled(seed) }),
        )
        const found = await Promise.all(requests.map((request) => client.generate(request)))
        for (const [index, request] of requests.entries()) {
          expect(found[index]!.tokens).toEqual((await alone.generate(request)).tokens)
        }
      }),
      { numRuns: 40 },
    )
    const { cachedTokens, preemptions } = client.engine.stats()
    if (prefixReuse) expect(cachedTokens).toBeGreaterThan(1000)
    else expect(cachedTokens).toBe(0)
    if (kvTokens === 500) expect(preemptions).toBeGreaterThan(3)
    else expect(preemptions).toBe(0)
  })
})
