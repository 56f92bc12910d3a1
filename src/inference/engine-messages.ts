// What a worker and its engine process say to each other: one message a step, structured clones over the IPC channel.

import type { FromChild } from '../kept-child.ts'
import type { EngineInfo, EngineStats, SequenceOutput, SequenceRequest } from './engine.ts'

export interface EngineSettings {
  /** A folder, a GGUF file or a pulled id; empty: the embedded model; `scripted:RATE` for load tests without a model. */
  model: string
  /** Of the graph that we build; a model that brings its own keeps that one's. */
  precision: 'int8' | 'float32'
  slots: number
  threads: number
  maxContext: number
  /** The most tokens that running sequences hold together; see Scheduler. By default all that the slots can hold. */
  kvTokens?: number
  /** Prompt-lookup drafting, on by default. It changes no answer. */
  drafting?: 'on' | 'off'
  /** Where built graphs are kept. */
  dataDir: string
}

/** How far the opening of a model has come. */
export interface OpenProgress {
  /** What is being done, for people: "building the graph". */
  stage: string
  /** Parts done and in all; `total` 0 while unknown. */
  done: number
  total: number
}

export type ToEngine =
  /** The first message, once. Answered by `ready` or `refused`. */
  | { kind: 'open'; settings: EngineSettings }
  | { kind: 'submit'; request: SequenceRequest }
  | { kind: 'cancel'; id: string }
  /** Drop everything and exit with code 0. */
  | { kind: 'close' }

export type EngineNews =
  | { kind: 'progress'; progress: OpenProgress }
  | { kind: 'step'; outputs: SequenceOutput[]; stats: EngineStats }
  /** The stats changed without an output: a cancellation, a chunk of a prompt. */
  | { kind: 'stats'; stats: EngineStats }

export type FromEngine = FromChild<EngineInfo, EngineNews>
