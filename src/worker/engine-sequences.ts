// The engine's steps, sorted by sequence: each job follows its own as an async iterable.

import { AppError } from '../errors.ts'
import type { Engine, SequenceOutput, SequenceRequest } from '../inference/engine.ts'

/** An engine whose process can die under its sequences. */
export interface CrashingEngine extends Engine {
  /** Whether sequences can be run now; false while a new process is awaited. */
  readonly ready: boolean
  /** Called with the ids of the sequences that were lost with the process. */
  onCrash(listener: (crash: { lost: string[] }) => void): void
}

type Item = { kind: 'output'; output: SequenceOutput } | { kind: 'crash' }

export class EngineSequences {
  readonly #engine: CrashingEngine
  readonly #receivers = new Map<string, (item: Item) => void>()

  constructor(engine: CrashingEngine) {
    this.#engine = engine
    engine.onStep((outputs) => {
      for (const output of outputs) this.#receivers.get(output.id)?.({ kind: 'output', output })
    })
    engine.onCrash(({ lost }) => {
      for (const id of lost) this.#receivers.get(id)?.({ kind: 'crash' })
    })
  }

  /**
   * Runs one sequence. Leaving the loop early, or the signal, drops it from the engine within a step.
   * @throws AppError `engine_crashed` when the engine's process died; the sequence can be run again from its tokens
   */
  async *run(request: SequenceRequest, signal: AbortSignal): AsyncGenerator<SequenceOutput, void, undefined> {
    const items: Item[] = []
    let wake: (() => void) | null = null
    const onAbort = () => wake?.()
    let ended = false
    this.#receivers.set(request.id, (item) => {
      items.push(item)
      wake?.()
    })
    signal.addEventListener('abort', onAbort)
    try {
      if (signal.aborted) return
      this.#engine.submit(request)
      while (!signal.aborted) {
        const item = items.shift()
        if (!item) {
          await new Promise<void>((resolve) => {
            wake = resolve
          })
          continue
        }
        if (item.kind === 'crash')
          throw new AppError('engine_crashed', 'the engine process ended while it ran this job')
        ended = item.output.end !== null
        yield item.output
        if (ended) return
      }
    } finally {
      signal.removeEventListener('abort', onAbort)
      this.#receivers.delete(request.id)
      if (!ended) this.#engine.cancel(request.id)
    }
  }
}
