import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import type { OutputFormat } from '../../src/grammar/format.ts'
import { LocalEngine } from '../../src/inference/local-engine.ts'
import { ScriptedRunner } from '../../src/inference/scripted-runner.ts'
import { PromptEncoder } from '../../src/tokenizer/prompt-encoder.ts'
import { embeddedTokenizer as tokenizer } from '../tokenizer/embedded-tokenizer.ts'
import { EngineClient, requestFor, sampled } from './engine-client.ts'
import { satisfies, schemas } from './schemas.ts'

const shape = { slots: 4, maxContext: 512, vocabSize: 49_152 }
const runner = new ScriptedRunner({ ...shape, eos: { id: 2, every: 3 } })
const info = { model: 'scripted', precision: 'float32' as const, slots: 4, threads: 1, maxContext: 512 }
const client = new EngineClient(new LocalEngine({ runner, encoder: new PromptEncoder(tokenizer), info }))
afterAll(() => client.engine.close())

const schemaFormat = (schema: Record<string, unknown>): OutputFormat => ({
  type: 'json_schema',
  json_schema: { schema },
})
const generate = (format: OutputFormat, overrides = {}) =>
  client.generate(requestFor('a', { format, maxTokens: 400, sampling: sampled(1), ...overrides }))

const person = schemaFormat({
  type: 'object',
  properties: { name: { type: 'string', maxLength: 8 }, age: { type: 'integer', minimum: 0, maximum: 120 } },
  required: ['name', 'age'],
})

describe('a sequence with a format', () => {
  it('is a value of the schema whenever it ends with stop, whatever the logits', { timeout: 120_000 }, async () => {
    let whole = 0
    const anySchema = fc.constantFrom(...Object.values(schemas))
    await fc.assert(
      fc.asyncProperty(anySchema, fc.integer({ min: 0, max: 10_000 }), async (schema, seed) => {
        const { text, end } = await generate(schemaFormat(schema), { sampling: sampled(seed) })
        expect(end.kind).toBe('finished')
        if (end.kind !== 'finished' || end.reason !== 'stop') return
        whole++
        expect(satisfies(schema, JSON.parse(text)), `${JSON.stringify(schema)}: ${text}`).toBe(true)
      }),
      { numRuns: 60 },
    )
    expect(whole).toBeGreaterThan(30)
  })

  it('is one of the choices, and just that', async () => {
    const choices = ['yes', 'no', 'may"be\n', '也许', 'yes, but']
    for (let seed = 0; seed < 8; seed++) {
      const { text, end } = await generate({ type: 'choice', choices }, { sampling: sampled(seed) })
      expect(choices).toContain(text)
      expect(end).toMatchObject({ reason: 'stop' })
    }
  })

  it('matches the whole regular expression', async () => {
    for (const regex of [
      '\\d{4}-(0[1-9]|1[0-2])',
      '[a-f]{3}(é|😀)?',
      '(foo|bar){2}\\.$',
      '[^\\W_]{5}',
      '[à-ÿ]{2}.\\s',
    ]) {
      for (let seed = 0; seed < 3; seed++) {
        const { text } = await generate({ type: 'regex', regex }, { sampling: sampled(seed) })
        expect(text).toMatch(new RegExp(`^(?:${regex.replace(/\$$/, '')})$`, 'u'))
      }
    }
  })

  it('says length where it was cut, and stop where its last token completed it', async () => {
    const choice: OutputFormat = { type: 'choice', choices: ['Wednesday afternoon'] }
    const { ids } = await generate(choice)
    expect(await generate(choice, { maxTokens: ids.length })).toMatchObject({ end: { reason: 'stop' } })
    const cut = await generate(choice, { maxTokens: ids.length - 1 })
    expect(cut).toMatchObject({ end: { reason: 'length', usage: { completionTokens: ids.length - 1 } } })
    expect('Wednesday afternoon'.startsWith(cut.text)).toBe(true)
  })

  it('ends with length where the context is full', async () => {
    const small = { ...info, maxContext: 12 }
    const narrow = new ScriptedRunner({ ...shape, maxContext: 12 })
    const engine = new LocalEngine({ runner: narrow, encoder: new PromptEncoder(tokenizer), info: small })
    const request = requestFor('a b', { format: { type: 'regex', regex: 'x{400}' } })
    const { end } = await new EngineClient(engine).generate(request)
    expect(end).toMatchObject({ kind: 'finished', reason: 'length' })
    await engine.close()
  })

  it('goes on at every cut as if there had been none', async () => {
    const whole = await generate(person)
    for (let cut = 0; cut <= whole.ids.length; cut++) {
      const rest = await generate(person, { generated: whole.ids.slice(0, cut) })
      expect(rest.ids).toEqual(whole.ids.slice(cut))
      expect(rest.end).toMatchObject({ reason: 'stop' })
    }
  })

  it('is the same alone as among others, with and without formats', async () => {
    const alone = await generate(person)
    const others = [generate({ type: 'json_object' }), client.generate(requestFor('b', { maxTokens: 60 }))]
    const among = await Promise.all([generate(person), generate(person, { sampling: sampled(2) }), ...others])
    expect(among[0]!.ids).toEqual(alone.ids)
    expect(among[1]!.ids).not.toEqual(alone.ids)
  })

  it('ends at a stop string, has the log-probabilities of the model, and takes min_tokens as far as it may', async () => {
    const stopped = await generate(person, { stop: ['"age"'] })
    expect(stopped).toMatchObject({ end: { reason: 'stop' } })
    expect(stopped.text).not.toContain('"age"')
    const { tokens } = await generate({ type: 'choice', choices: ['yes'] }, { logprobs: 2, minTokens: 9 })
    expect(tokens[0]!.logprob!.top[0]!.logprob).toBeGreaterThan(tokens[0]!.logprob!.logprob)
  })

  it('whose steps get slower and slower fails with the field that is to blame, and one beside it ends', async () => {
    const hostile = generate({ type: 'regex', regex: '((\\w+ ?){1,4} ?)*!!' })
    const { end } = await generate(person)
    expect(end.kind).toBe('finished')
    expect((await hostile).end).toMatchObject({
      ...{ kind: 'failed', code: 'invalid_request' },
      message: expect.stringMatching(/^response_format\.regex: it takes too long to follow after \d+ tokens/),
    })
  }, 120_000)

  it('that is cancelled leaves nothing behind', async () => {
    const request = requestFor('a', { format: { type: 'regex', regex: 'x*y{9}' }, maxTokens: 400 })
    void client.generate(request)
    client.cancel(request.id)
    expect((await generate({ type: 'choice', choices: ['no'] })).text).toBe('no')
    expect(client.engine.stats()).toMatchObject({ running: 0, waiting: 0 })
  })
})
