import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { SequenceRequest } from '../../src/inference/engine.ts'
import type { LocalEngine } from '../../src/inference/local-engine.ts'
import { ScriptedRunner } from '../../src/inference/scripted-runner.ts'
import { type CrashingEngine, EngineSequences, type Reader } from '../../src/worker/engine-sequences.ts'
import { requestFor } from '../inference/engine-client.ts'
import { engineOver } from '../inference/scripted-engine.ts'

/** An engine whose process dies when asked to, or whenever a poisonous sequence has run for a step. */
class FragileEngine implements CrashingEngine {
  ready = true
  startMs = 0
  /** Whom each crash took. */
  readonly crashes: string[][] = []
  readonly #engine: LocalEngine
  readonly #inside = new Map<string, SequenceRequest>()
  readonly #listeners: Parameters<CrashingEngine['onCrash']>[0][] = []
  readonly #poisonous: (request: SequenceRequest) => boolean

  constructor(poisonous: (request: SequenceRequest) => boolean = () => false) {
    this.#poisonous = poisonous
    this.#engine = engineOver(new ScriptedRunner({ slots: 8, maxContext: 512, vocabSize: 512, stepsPerSecond: 400 }))
  }

  get info() {
    return this.#engine.info
  }

  submit(request: SequenceRequest): void {
    this.#inside.set(request.id, request)
    this.#engine.submit(request)
    if (this.#poisonous(request)) setTimeout(() => this.#inside.has(request.id) && this.crash(), 10)
  }

  cancel(id: string): void {
    this.#inside.delete(id)
    this.#engine.cancel(id)
  }

  onStep(listener: Parameters<LocalEngine['onStep']>[0]): void {
    this.#engine.onStep((outputs) => {
      const known = outputs.filter(({ id }) => {
        const request = this.#inside.get(id)
        return request !== undefined && !this.#poisonous(request)
      })
      for (const { id, end } of known) if (end) this.#inside.delete(id)
      listener(known)
    })
  }

  onCrash(listener: Parameters<CrashingEngine['onCrash']>[0]): void {
    this.#listeners.push(listener)
  }

  /** Back after `awayMs`. */
  crash(awayMs = 30): void {
    const lost = [...this.#inside.keys()]
    for (const id of lost) this.cancel(id)
    this.crashes.push(lost)
    this.ready = false
    setTimeout(() => {
      this.ready = true
    }, awayMs)
    for (const listener of this.#listeners) listener({ lost, message: 'the engine process was ended by SIGABRT' })
  }

  stats() {
    return this.#engine.stats()
  }

  close(): Promise<void> {
    return this.#engine.close()
  }
}

const never = new AbortController().signal
const roomy: Reader = { room: () => null }
const story = (name: string, maxTokens = 60) =>
  requestFor(`A story about ${name}`, { id: name, maxTokens, ignoreEos: true })

let engine: FragileEngine
const open = (poisonous?: (request: SequenceRequest) => boolean, patienceMs?: number) => {
  engine = new FragileEngine(poisonous)
  return new EngineSequences(engine, patienceMs)
}
afterEach(() => engine.close())

async function idsOf(sequences: EngineSequences, request: SequenceRequest, reader = roomy, onToken = () => {}) {
  const ids: number[] = []
  for await (const { tokens } of sequences.run(request, never, reader)) {
    for (const { tokenId } of tokens) if (tokenId !== null) ids.push(tokenId)
    onToken()
  }
  return ids
}

describe('a sequence', () => {
  it('goes on behind its last token when the engine is back after a crash, and nobody is tried', async () => {
    const sequences = open()
    const names = ['a', 'b', 'c']
    const whole = await Promise.all(names.map((name) => idsOf(sequences, story(name))))
    let tokens = 0
    const again = names.map((name) =>
      idsOf(sequences, story(name), roomy, () => {
        if (++tokens === 60) engine.crash()
      }),
    )
    expect(await Promise.all(again)).toEqual(whole)
    expect(engine.crashes).toEqual([names])
  })

  it('that crashes the engine is soon alone with it, is given up when that has crashed three times, and costs nobody a token', async () => {
    const sequences = open(({ id }) => id === 'poison')
    const whole = await Promise.all(['a', 'b', 'c'].map((name) => idsOf(sequences, story(name))))
    const innocent = ['a', 'b'].map((name) => idsOf(sequences, story(name)))
    await vi.waitFor(() => expect(engine.stats().running).toBe(2), 20_000)
    // Comes with the poison, so it is suspected like it.
    const late = idsOf(sequences, story('c'))
    const poison = idsOf(sequences, { ...story('poison'), deadlineAt: Date.now() + 20_000 })
    await expect(poison).rejects.toMatchObject({ code: 'poisoned', message: expect.stringContaining('SIGABRT') })
    expect(await Promise.all([...innocent, late])).toEqual(whole)
    expect(engine.crashes).toHaveLength(4)
    expect(engine.crashes[0]).toContain('a')
    expect(engine.crashes.slice(1)).toEqual([['poison'], ['poison'], ['poison']])
  })

  it('that crashes the engine behind tokens it has delivered is given up too', async () => {
    const sequences = open(({ id, generated }) => id === 'poison' && generated.length >= 5)
    const full = { times: 0, room: () => (full.times++ === 4 ? Promise.resolve() : null) }
    await expect(idsOf(sequences, story('poison'), full)).rejects.toMatchObject({ code: 'poisoned' })
  })

  it('is taken out of the engine while its reader has no room, and goes on as if nothing had been', async () => {
    const sequences = open()
    const whole = await idsOf(sequences, story('a'))
    let written = 0
    let makeRoom = () => {}
    const reader = {
      room: () => (written < 20 || written > 20 ? null : new Promise<void>((resolve) => (makeRoom = resolve))),
    }
    const parked = idsOf(sequences, story('a'), reader, () => written++)
    await vi.waitFor(() => expect(written).toBe(20), 20_000)
    await vi.waitFor(() => expect(engine.stats()).toMatchObject({ running: 0, waiting: 0 }), 20_000)
    await sleep(50)
    expect(written).toBe(20)
    written++
    makeRoom()
    expect(await parked).toEqual(whole)
  })

  it('is given back when the engine stays away, but not before it can be back', async () => {
    const sequences = open(undefined, 100)
    const crashedFor = (awayMs: number) =>
      idsOf(sequences, story('a', 5), roomy, () => engine.crashes.length === 0 && engine.crash(awayMs))
    await expect(crashedFor(2000)).rejects.toMatchObject({ code: 'engine_crashed' })
    await engine.close()
    const patient = open(undefined, 100)
    engine.startMs = 10_000
    const run = idsOf(patient, story('a', 5), roomy, () => engine.crashes.length === 0 && engine.crash(500))
    expect(await run).toHaveLength(5)
  })

  it('leaves nothing behind when it is stopped, wherever it is', async () => {
    const sequences = open()
    for (const when of ['inside', 'parked', 'away']) {
      const stop = new AbortController()
      const reader = { room: () => (when === 'parked' ? new Promise<void>(() => {}) : null) }
      const items = sequences.run(story(when, 400), stop.signal, reader)
      await items.next()
      if (when === 'away') engine.crash(500)
      setTimeout(() => stop.abort(), 50)
      for await (const _ of items) {
        // Until it is stopped.
      }
      expect(engine.stats()).toMatchObject({ running: 0, waiting: 0 })
    }
  })
})
