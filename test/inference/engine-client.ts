// Follows an engine's outputs for tests, and checks on the way what holds for every output of every engine.

import { expect } from 'vitest'
import type {
  Engine,
  GeneratedToken,
  SequenceEnd,
  SequenceOutput,
  SequenceRequest,
} from '../../src/inference/engine.ts'

export interface Result {
  tokens: GeneratedToken[]
  /** Ids of the generated tokens, without the text held back until the end. */
  ids: number[]
  text: string
  end: SequenceEnd
  /** For each output that had tokens: which step of the engine brought it. */
  steps: number[]
}

let made = 0

/** A request with greedy defaults; every one has its own id. */
export function requestFor(text: string, overrides: Partial<SequenceRequest> = {}): SequenceRequest {
  return {
    id: `sequence-${made++}`,
    prompt: { kind: 'text', text },
    maxTokens: 24,
    minTokens: 0,
    stop: [],
    ignoreEos: false,
    format: null,
    logprobs: null,
    generated: [],
    deadlineAt: Date.now() + 600_000,
    ...overrides,
    sampling: {
      temperature: 0,
      topP: 1,
      topK: 0,
      minP: 0,
      repetitionPenalty: 1,
      presencePenalty: 0,
      frequencyPenalty: 0,
      seed: 1,
      ...overrides.sampling,
    },
  }
}

export const sampled = (seed: number) => ({ ...requestFor('').sampling, temperature: 1, topP: 0.95, seed })

export class EngineClient {
  readonly engine: Engine
  /** Outputs of each step, in order. */
  readonly steps: SequenceOutput[][] = []
  readonly #open = new Map<string, { result: Omit<Result, 'end'>; ended: (result: Result) => void }>()
  readonly #closed = new Set<string>()
  #onToken: (id: string, token: GeneratedToken) => void = () => {}

  constructor(engine: Engine) {
    this.engine = engine
    engine.onStep((outputs) => this.#take(outputs))
  }

  generate(request: SequenceRequest): Promise<Result> {
    return new Promise((ended) => {
      this.#open.set(request.id, { result: { tokens: [], ids: [], text: '', steps: [] }, ended })
      this.engine.submit(request)
    })
  }

  cancel(id: string): void {
    this.engine.cancel(id)
    this.#open.delete(id)
    this.#closed.add(id)
  }

  onToken(listener: (id: string, token: GeneratedToken) => void): void {
    this.#onToken = listener
  }

  #take(outputs: SequenceOutput[]): void {
    const step = this.steps.push(outputs) - 1
    expect(new Set(outputs.map(({ id }) => id)).size, 'one output per sequence and step').toBe(outputs.length)
    for (const { id, tokens, end } of outputs) {
      expect(this.#closed.has(id), `an output of ${id} after its end or its cancellation`).toBe(false)
      const open = this.#open.get(id)
      if (!open) throw new Error(`an output of an unknown sequence: ${id}`)
      const { result } = open
      if (tokens.length > 0) result.steps.push(step)
      for (const [index, token] of tokens.entries()) {
        if (token.tokenId === null) {
          expect(index, 'held-back text comes last').toBe(tokens.length - 1)
          expect(end).not.toBeNull()
          expect(token.text).not.toBe('')
        } else result.ids.push(token.tokenId)
        expect(token.text.isWellFormed()).toBe(true)
        result.tokens.push(token)
        result.text += token.text
      }
      if (end) {
        this.#open.delete(id)
        this.#closed.add(id)
        open.ended({ ...result, end })
      }
      for (const token of tokens) this.#onToken(id, token)
    }
  }
}
