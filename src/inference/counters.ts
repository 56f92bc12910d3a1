// What the engine has done since it started.

import type { RunnablePlan } from './batch.ts'
import type { EngineStats } from './engine.ts'
import type { Sequence } from './sequence.ts'

export class Counters {
  readonly #counts = {
    ...{ steps: 0, busyMs: 0, promptTokens: 0, cachedTokens: 0, prefillTokens: 0 },
    ...{ decodeTokens: 0, draftedTokens: 0, acceptedTokens: 0 },
  }

  get counts(): Readonly<Omit<EngineStats, 'running' | 'waiting' | 'kvTokens' | 'preemptions'>> {
    return this.#counts
  }

  busy(ms: number): void {
    this.#counts.busyMs += ms
  }

  /** A sequence runs for the first time. */
  started({ promptTokens, cachedTokens }: Sequence): void {
    this.#counts.promptTokens += promptTokens
    this.#counts.cachedTokens += cachedTokens
  }

  /** A plan has run and its sequences have taken what was drawn. */
  ran(plan: RunnablePlan): void {
    this.#counts.steps++
    const ids = plan.counts.reduce((sum, count) => sum + count, plan.prompt?.count ?? 0)
    this.#counts.prefillTokens += ids - plan.sampled.length
    for (const { draft, accepted } of plan.sampled) {
      this.#counts.decodeTokens += 1 + accepted
      this.#counts.draftedTokens += draft.length
      this.#counts.acceptedTokens += accepted
    }
  }
}
