// The engine's steps, sorted by sequence: each job follows its own as an async iterable, which outlives the engine's
// process. A sequence that leaves the engine before its end comes back with the ids it has generated and goes on.
//
//             ┌───────────────── may it enter? (engine ready, no trial of another) ◀────────────────┐
//             ▼                                                                                     │
//   outside ──┴─▶ in the engine ──▶ end                                                             │
//                   └── crash, its trial is over, or its reader has no room: out, its slot is free ─┘

import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../errors.ts'
import type { Engine, SequenceOutput, SequenceRequest } from '../inference/engine.ts'
import { Trials } from './trials.ts'

/** An engine whose process can die under its sequences. */
export interface CrashingEngine extends Engine {
  /** Whether sequences can be run now; false while a new process is awaited. */
  readonly ready: boolean
  /** Milliseconds that its process took to be ready, the last time. */
  readonly startMs: number
  onCrash(listener: (crash: Crash) => void): void
}

interface Crash {
  /** What is known of the cause. */
  message: string
  /** The sequences that were lost with the process. */
  lost: string[]
}

/** Where outputs go. While it has no room the sequence is parked: not computed, its slot given to others. */
export interface Reader {
  /** null: it can take more; else resolves when it can. */
  room(): Promise<void> | null
}

/**
 * Crashes in a row under one sequence that was alone in the engine and produced nothing in between: then it is the cause.
 * One in company makes it a suspect and proves nothing.
 */
const mostFruitlessTrials = 3
/** How often one that must wait asks again. */
const askAgainMs = 20

type Item =
  | { kind: 'output'; output: SequenceOutput }
  | { kind: 'crash'; message: string; alone: boolean; produced: boolean }

interface Run {
  receive(item: Item): void
  /** Tokens generated before it entered the engine this time. */
  generated: number
  /** Whether it has produced a token since then. */
  produced: boolean
}

export class EngineSequences {
  readonly #engine: CrashingEngine
  readonly #runs = new Map<string, Run>()
  readonly #trials = new Trials()
  readonly #patienceMs: number

  /**
   * @param patienceMs an engine that is not back after this long, and twice what it took the last time, may never be:
   * another worker is to have its jobs
   */
  constructor(engine: CrashingEngine, patienceMs = 10_000) {
    this.#engine = engine
    this.#patienceMs = patienceMs
    engine.onStep((outputs) => {
      for (const output of outputs) this.#advanced(output)
    })
    engine.onCrash((crash) => this.#crashed(crash))
  }

  /**
   * Runs a sequence to its end. Leaving the loop early, or the signal, drops it from the engine within a step.
   * @throws AppError `poisoned` when the engine crashes under this sequence again and again, `engine_crashed` when it
   * does not come back: another worker can run the sequence from its tokens
   */
  async *run(
    request: SequenceRequest,
    signal: AbortSignal,
    reader: Reader,
  ): AsyncGenerator<SequenceOutput, void, undefined> {
    const generated = [...request.generated]
    let fruitless = 0
    try {
      while (await this.#mayEnter(request.id, signal)) {
        for await (const item of this.#stay({ ...request, generated: [...generated] }, signal)) {
          if (item.kind === 'crash') {
            if (item.produced) fruitless = 0
            else if (item.alone) fruitless++
            if (fruitless === mostFruitlessTrials) throw poisoned(item.message)
            break
          }
          const { tokens, end } = item.output
          for (const { tokenId } of tokens) if (tokenId !== null) generated.push(tokenId)
          yield item.output
          if (end) return
          if (!this.#trials.admits(request.id) || reader.room()) break
        }
        const room = reader.room()
        if (room) await Promise.race([room, aborted(signal)])
      }
    } finally {
      this.#trials.acquit(request.id)
    }
  }

  /** Waits until the sequence may be in the engine; false: the signal was faster. */
  async #mayEnter(id: string, signal: AbortSignal): Promise<boolean> {
    let readyAt = performance.now()
    while (!signal.aborted) {
      if (this.#engine.ready) {
        if (this.#trials.admits(id)) return true
        readyAt = performance.now()
      } else if (performance.now() - readyAt > this.#patienceMs + 2 * this.#engine.startMs) {
        throw new AppError('engine_crashed', 'the engine process ended while it ran this job, and is not back yet')
      }
      await sleep(askAgainMs)
    }
    return false
  }

  /** One stay in the engine, until the end, a crash or the signal. Leaving the loop early drops the sequence. */
  async *#stay(request: SequenceRequest, signal: AbortSignal): AsyncGenerator<Item, void, undefined> {
    const items: Item[] = []
    let wake: (() => void) | null = null
    const onAbort = () => wake?.()
    let over = false
    const receive = (item: Item) => {
      items.push(item)
      wake?.()
    }
    this.#runs.set(request.id, { receive, generated: request.generated.length, produced: false })
    signal.addEventListener('abort', onAbort)
    try {
      this.#engine.submit(request)
      while (!over && !signal.aborted) {
        const item = items.shift()
        if (!item) {
          await new Promise<void>((resolve) => {
            wake = resolve
          })
          continue
        }
        over = item.kind === 'crash' || item.output.end !== null
        yield item
      }
    } finally {
      signal.removeEventListener('abort', onAbort)
      this.#runs.delete(request.id)
      if (!over) this.#engine.cancel(request.id)
    }
  }

  #advanced(output: SequenceOutput): void {
    const run = this.#runs.get(output.id)
    if (!run) return
    if (output.tokens.length > 0 && !run.produced) {
      run.produced = true
      this.#trials.acquit(output.id)
    }
    run.receive({ kind: 'output', output })
  }

  /** What had produced nothing yet is suspected, first what has never produced anything. */
  #crashed({ lost, message }: Crash): void {
    const runs = lost.flatMap((id) => {
      const run = this.#runs.get(id)
      return run ? [{ id, run }] : []
    })
    const suspects = runs.filter(({ run }) => !run.produced).sort((a, b) => a.run.generated - b.run.generated)
    this.#trials.suspect(suspects.map(({ id }) => id))
    for (const { run } of runs)
      run.receive({ kind: 'crash', message, alone: lost.length === 1, produced: run.produced })
  }
}

function poisoned(message: string): AppError {
  const what = `the engine crashed ${mostFruitlessTrials} times under this job alone before it produced anything`
  return new AppError('poisoned', `${what}; the last time: ${message}`)
}

/** Resolves when the signal aborts. */
function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
