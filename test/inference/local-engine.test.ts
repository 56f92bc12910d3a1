import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import type { Clock } from '../../src/inference/clock.ts'
import type { SequenceOutput } from '../../src/inference/engine.ts'
import { ScriptedRunner } from '../../src/inference/scripted-runner.ts'
import { embeddedTokenizer as tokenizer } from '../tokenizer/embedded-tokenizer.ts'
import { EngineClient, requestFor, sampled } from './engine-client.ts'
import { engineContract } from './engine-contract.ts'
import { engineOver } from './scripted-engine.ts'

const shape = { slots: 8, maxContext: 512, vocabSize: 49_152, avoid: tokenizer.specialIds }

engineContract('the local engine over a scripted runner', {
  open: async () => engineOver(new ScriptedRunner({ ...shape, eos: { id: 2, every: 24 } })),
  tokenizer,
  real: false,
  exact: true,
  randomRequests: 300,
})

/** The scripted runner, with one thing changed about its forward pass. */
function runnerWith(change: (logits: Float32Array, pass: number) => Float32Array): ScriptedRunner {
  let pass = 0
  return new (class extends ScriptedRunner {
    override async forward(batch: Parameters<ScriptedRunner['forward']>[0]) {
      return change(await super.forward(batch), ++pass)
    }
  })(shape)
}

describe('the local engine', () => {
  it('makes no step after a forward pass that threw, and blames nobody for it', async () => {
    const onFailure = vi.fn()
    let passes = 0
    const runner = runnerWith((logits, pass) => {
      passes = pass
      if (pass === 5) throw new Error('out of memory')
      return logits
    })
    const engine = engineOver(runner, { onFailure })
    const outputs: SequenceOutput[] = []
    engine.onStep((step) => outputs.push(...step))
    for (const text of ['a', 'b']) engine.submit(requestFor(text))
    await vi.waitFor(() => expect(onFailure).toHaveBeenCalled())
    engine.submit(requestFor('c'))
    await nextTurn()
    expect(onFailure.mock.calls).toEqual([
      [expect.objectContaining({ code: 'engine_failed', message: 'out of memory' })],
    ])
    expect(passes).toBe(5)
    expect(outputs.filter(({ end }) => end)).toEqual([])
    await engine.close()
  })

  it('fails only the sequence whose row is unusable', async () => {
    const client = new EngineClient(
      engineOver(runnerWith((logits, pass) => (pass === 6 ? logits.fill(Number.NaN, 0, shape.vocabSize) : logits))),
    )
    const [first, second] = await Promise.all(['a', 'b'].map((text) => client.generate(requestFor(text))))
    expect(first!.end).toMatchObject({ kind: 'failed', code: 'engine_failed' })
    expect(second!.end.kind).toBe('finished')
  })

  it('does not count EOS, and bans it for the first min_tokens', async () => {
    const eosAlways = () => engineOver(new ScriptedRunner({ ...shape, eos: { id: 2, every: 1 } }))
    const client = new EngineClient(eosAlways())
    const empty = await client.generate(requestFor('a'))
    expect(empty).toMatchObject({ tokens: [], end: { reason: 'stop', usage: { completionTokens: 0 } } })
    const atLeast = await client.generate(requestFor('a', { minTokens: 3 }))
    expect(atLeast.ids).toHaveLength(3)
    const ignored = await client.generate(requestFor('a', { maxTokens: 4, ignoreEos: true }))
    expect(ignored).toMatchObject({ ids: [2, 2, 2, 2], text: '', end: { reason: 'length' } })
  })

  it('delivers text held back until the end as a token without an id', async () => {
    const client = new EngineClient(engineOver(new ScriptedRunner(shape)))
    const { tokens, text } = await client.generate(requestFor('a', { maxTokens: 4 }))
    const stop = `${tokens.at(-1)!.text}never`
    const held = await client.generate(requestFor('a', { maxTokens: 4, stop: [stop] }))
    expect(held.tokens.slice(3)).toEqual([
      { tokenId: tokens[3]!.tokenId, text: '' },
      { tokenId: null, text: tokens[3]!.text },
    ])
    expect(held).toMatchObject({ text, end: { usage: { completionTokens: 4 } } })
  })

  it('ends a continuation that was already complete, without a step', async () => {
    const client = new EngineClient(engineOver(new ScriptedRunner(shape)))
    const whole = await client.generate(requestFor('a', { maxTokens: 4 }))
    const { steps } = client.engine.stats()
    const replayed = await client.generate(requestFor('a', { maxTokens: 4, generated: whole.ids }))
    expect(replayed).toMatchObject({ tokens: [], end: { reason: 'length', usage: { completionTokens: 4 } } })
    const stopped = await client.generate(requestFor('a', { generated: whole.ids, stop: [whole.text.slice(-2)] }))
    expect(stopped).toMatchObject({ tokens: [], end: { reason: 'stop' } })
    expect(client.engine.stats().steps).toBe(steps)
  })

  it.each([
    ['in runs where the model gives runs the same bits', true, 3],
    ['one by one where it does not', false, 201],
  ])('computes 200 ids of an earlier attempt %s', async (_, exactRuns, steps) => {
    const runner = Object.assign(new ScriptedRunner(shape), { exactRuns })
    const client = new EngineClient(engineOver(runner))
    const request = requestFor('a', { maxTokens: 201, ignoreEos: true, sampling: sampled(3), logprobs: 1 })
    const whole = await new EngineClient(engineOver(new ScriptedRunner(shape))).generate(request)
    const rest = await client.generate({ ...request, generated: whole.ids.slice(0, 200) })
    expect(rest.tokens).toEqual(whole.tokens.slice(200))
    expect(client.engine.stats()).toMatchObject({ steps, decodeTokens: 1 })
    expect(runner.recent.slice(1).every(({ rows }) => rows[0]!.stepwise)).toBe(true)
  })

  it('ends a running and a waiting sequence in the step after their deadline', async () => {
    let now = 1000
    const clock: Clock = { epochMs: () => now, elapsedMs: () => now }
    const runner = new ScriptedRunner({ ...shape, slots: 1 })
    const client = new EngineClient(engineOver(runner, { clock }))
    client.onToken(() => {
      now += 10
    })
    const endless = { maxTokens: 400, ignoreEos: true, deadlineAt: 1045 }
    const [running, waiting] = await Promise.all(['a', 'b'].map((text) => client.generate(requestFor(text, endless))))
    expect(running!.end).toMatchObject({ kind: 'failed', code: 'deadline_exceeded' })
    expect(running!.ids).toHaveLength(5)
    expect(waiting!).toMatchObject({ ids: [], end: { kind: 'failed', code: 'deadline_exceeded' } })
  })

  it('frees the slot of a cancelled sequence before the next step', async () => {
    const runner = new ScriptedRunner({ ...shape, slots: 2 })
    const client = new EngineClient(engineOver(runner))
    const endless = requestFor('a', { maxTokens: 400, ignoreEos: true })
    const other = requestFor('b', { maxTokens: 8, ignoreEos: true })
    let seen = 0
    client.onToken((id) => {
      if (id === endless.id && ++seen === 3) client.cancel(endless.id)
      if (id === other.id && seen === 3) expect(client.engine.stats().running).toBeLessThanOrEqual(1)
    })
    void client.generate(endless)
    await client.generate(other)
    expect(seen).toBe(3)
    // From the cancellation on, every batch has the other sequence only.
    expect(runner.recent.slice(-3).map(({ firstSlot, rows }) => [firstSlot, rows.length])).toEqual([
      [0, 1],
      [0, 1],
      [0, 1],
    ])
  })

  it('delivers nothing after it was closed', async () => {
    const client = new EngineClient(engineOver(new ScriptedRunner({ ...shape, stepsPerSecond: 100 })))
    void client.generate(requestFor('a', { maxTokens: 400 }))
    await vi.waitFor(() => expect(client.steps.length).toBeGreaterThan(0), 20_000)
    await client.engine.close()
    const steps = client.steps.length
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(client.steps.length).toBe(steps)
    expect(() => client.engine.submit(requestFor('b'))).toThrow(/closed/)
  })

  it('answers a repeated id of a running sequence with an error of the caller', () => {
    const engine = engineOver(new ScriptedRunner(shape))
    const request = requestFor('a')
    engine.onStep(() => {})
    engine.submit(request)
    expect(() => engine.submit(request)).toThrow(expect.objectContaining({ code: 'internal' }))
    engine.cancel(request.id)
  })
})
