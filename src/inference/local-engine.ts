// The engine in this process: continuous batching over one model runner. Sequences join and leave between steps; a
// step is plan -> forward -> apply. Every sequence gets exactly one output with an `end`, unless it was cancelled.

import { setImmediate as nextTurn } from 'node:timers/promises'
import { AppError, toAppError } from '../errors.ts'
import type { PromptEncoder } from '../tokenizer/prompt-encoder.ts'
import { advance, failed } from './advance.ts'
import { proposeDrafts, type RunnablePlan, sampledBy, sequencesOf, toBatch } from './batch.ts'
import { type Clock, systemClock } from './clock.ts'
import { Constraints } from './constraint/constraints.ts'
import { Counters } from './counters.ts'
import type { Engine, EngineInfo, EngineStats, SequenceOutput, SequenceRequest } from './engine.ts'
import type { ModelRunner } from './model-runner.ts'
import { Sampler } from './sampler.ts'
import { Scheduler } from './scheduler.ts'
import { Sequence } from './sequence.ts'
import { untilMask } from './until-mask.ts'

export interface LocalEngineOptions {
  runner: ModelRunner
  encoder: PromptEncoder
  /** `slots` run at once; those that the runner has beyond them keep rows for prompts that begin alike. */
  info: EngineInfo
  clock?: Clock
  /** Whether tokens are drafted where that pays. On or off, the output is the same. */
  drafting?: boolean
  /** Whether prompts that begin alike share what was computed. On or off, the output is the same. */
  prefixReuse?: boolean
  /** The most ids that running sequences hold together; see Scheduler. */
  kvTokens?: number
  /**
   * A step threw, a forward pass above all. What the cache holds is unknown then, and so is whose fault it was: the
   * engine makes no step any more. By default an unhandled rejection.
   */
  onFailure?: (error: AppError) => void
}

export class LocalEngine implements Engine {
  readonly info: EngineInfo
  readonly #runner: ModelRunner
  readonly #encoder: PromptEncoder
  readonly #clock: Clock
  readonly #scheduler: Scheduler<Sequence>
  readonly #sampler: Sampler
  readonly #sequences = new Map<string, Sequence>()
  /** Outputs of sequences that ended without a step; delivered before the next one. */
  #unstepped: SequenceOutput[] = []
  readonly #listeners: ((outputs: SequenceOutput[]) => void)[] = []
  readonly #drafting: boolean
  readonly #counters = new Counters()
  readonly #constraints: Constraints
  readonly #onFailure: (error: AppError) => void
  #loop: Promise<void> | null = null
  #closed = false

  constructor(options: LocalEngineOptions) {
    const { runner, encoder, info, clock = systemClock, drafting = true, onFailure = rethrow, ...limits } = options
    this.info = info
    this.#runner = runner
    this.#encoder = encoder
    this.#clock = clock
    this.#drafting = drafting
    this.#onFailure = onFailure
    const { exactRuns, shape } = runner
    this.#scheduler = new Scheduler({ running: info.slots, slots: shape.slots, exactRuns, ...limits })
    this.#sampler = new Sampler(shape.vocabSize)
    this.#constraints = new Constraints(encoder.tokenizer, shape.vocabSize)
  }

  submit(request: SequenceRequest): void {
    if (this.#closed) throw new AppError('internal', `sequence ${request.id} was submitted to a closed engine`)
    const known = this.#sequences.has(request.id) || this.#unstepped.some((output) => output.id === request.id)
    if (known) throw new AppError('internal', `sequence ${request.id} is already running`)
    try {
      const sequence = new Sequence(request, this.#encoder, this.#runner.shape, this.#clock.elapsedMs())
      const ended = sequence.endOfReplay()
      if (ended) this.#unstepped.push(ended)
      else {
        if (request.format) sequence.constraint = this.#constraints.open(request.format, request.generated)
        this.#admit(sequence)
      }
    } catch (thrown) {
      const error = toAppError(thrown)
      const code = error.code === 'invalid_request' ? error.code : 'engine_failed'
      this.#unstepped.push(failed(request.id, code, error.message))
    }
    this.#wake()
  }

  cancel(id: string): void {
    const sequence = this.#sequences.get(id)
    this.#unstepped = this.#unstepped.filter((output) => output.id !== id)
    if (!sequence) return
    // A forward pass may be using its slot just now: the step takes it out.
    sequence.cancelled = true
    this.#sequences.delete(id)
  }

  onStep(listener: (outputs: SequenceOutput[]) => void): void {
    this.#listeners.push(listener)
  }

  stats(): EngineStats {
    const running = this.#scheduler.running.filter((sequence) => !sequence.cancelled).length
    const { preemptions, heldTokens } = this.#scheduler
    const waiting = this.#sequences.size - running
    return { running, waiting, kvTokens: heldTokens, preemptions, ...this.#counters.counts }
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const id of [...this.#sequences.keys()]) this.cancel(id)
    await this.#loop
    await this.#constraints.close()
    await this.#runner.close()
  }

  async #step(): Promise<void> {
    this.#deliver(this.#takeOutEarlyEnds())
    const plan = this.#scheduler.next()
    if (plan.kind === 'idle') return
    proposeDrafts(plan, this.#drafting)
    const logits = await this.#forward(plan)
    // Delivered in the same turn: a cancel can't come between what a step did and its output.
    const outputs = this.#apply(plan, logits)
    this.#deliver(outputs)
    if (outputs.length === 0) await untilMask(sampledBy(plan))
  }

  async #forward(plan: RunnablePlan): Promise<Float32Array> {
    const startedAt = this.#clock.elapsedMs()
    for (const sequence of sequencesOf(plan)) if (sequence.started(startedAt)) this.#counters.started(sequence)
    try {
      for (const { from, to, rows } of plan.moves) this.#runner.copySlot(from, to, rows)
      return await this.#runner.forward(toBatch(plan))
    } finally {
      this.#counters.busy(this.#clock.elapsedMs() - startedAt)
    }
  }

  #apply(plan: RunnablePlan, logits: Float32Array): SequenceOutput[] {
    this.#scheduler.ran(plan)
    const outputs: SequenceOutput[] = []
    const { vocabSize } = this.#runner.shape
    const now = this.#clock.elapsedMs()
    let rows = 0
    this.#constraints.collect()
    for (const sequence of sampledBy(plan)) {
      const own = logits.subarray(rows * vocabSize, (rows + 1 + sequence.draft.length) * vocabSize)
      rows += 1 + sequence.draft.length
      const output = sequence.cancelled ? null : advance(sequence, own, this.#sampler, now)
      if (output) outputs.push(output)
    }
    this.#counters.ran(plan)
    this.#release(outputs)
    return outputs
  }

  /** Frees what was cancelled and what is past its deadline; returns the outputs that need no step. */
  #takeOutEarlyEnds(): SequenceOutput[] {
    const now = this.#clock.epochMs()
    const outputs = this.#unstepped
    this.#unstepped = []
    for (const { id, request } of this.#sequences.values()) {
      if (request.deadlineAt <= now) outputs.push(failed(id, 'deadline_exceeded', 'the deadline passed before the end'))
    }
    this.#release(outputs)
    return outputs
  }

  /** Takes ended and cancelled sequences out of the scheduler. */
  #release(outputs: SequenceOutput[]): void {
    const gone = new Set(this.#scheduler.all.filter((sequence) => sequence.cancelled))
    const spoilt = new Set<Sequence>()
    for (const { id, end } of outputs) {
      const sequence = this.#sequences.get(id)
      if (!sequence || !end) continue
      gone.add(sequence)
      if (end.kind === 'failed' && end.code === 'engine_failed') spoilt.add(sequence)
      this.#sequences.delete(id)
    }
    for (const { constraint } of gone) constraint?.close()
    if (gone.size > 0) this.#scheduler.remove(gone, spoilt)
  }

  #admit(sequence: Sequence): void {
    this.#sequences.set(sequence.id, sequence)
    this.#scheduler.add(sequence)
  }

  #wake(): void {
    this.#loop ??= this.#run().catch((thrown) => this.#onFailure(toAppError(thrown, 'engine_failed')))
  }

  /** A listener must not throw: nothing could be done about it here, so it ends the process. */
  #deliver(outputs: SequenceOutput[]): void {
    if (outputs.length > 0 && !this.#closed) for (const listener of this.#listeners) listener(outputs)
  }

  /** Steps until nothing is left to do. Between steps the event loop gets its turn: that is when cancels arrive. */
  async #run(): Promise<void> {
    await nextTurn()
    while (this.#scheduler.all.length > 0 || this.#unstepped.length > 0) {
      await this.#step()
      await nextTurn()
    }
    this.#loop = null
  }
}

function rethrow(error: AppError): never {
  throw error
}
