// What a process and its embedding process say to each other: structured clones over the IPC channel.

import type { ErrorCode } from '../errors.ts'
import type { EncoderInfo } from './encoder.ts'

/** What the process can be asked for, each with its answer. */
export interface Calls {
  tokenize: { asked: readonly string[]; answer: number[][] }
  encode: { asked: readonly (readonly number[])[]; answer: Float32Array[] }
}
export type CallName = keyof Calls

export type ToEmbedding =
  /** The first message, once. Answered by `ready` or `refused`. */
  | { kind: 'open'; model: string; dataDir: string }
  | { [Name in CallName]: { kind: 'call'; id: number; name: Name; asked: Calls[Name]['asked'] } }[CallName]

export interface Failure {
  code: ErrorCode
  message: string
  field: string | undefined
}

export type FromEmbedding =
  | { kind: 'ready'; info: EncoderInfo }
  /** The model can't be opened; the process exits after it. */
  | { kind: 'refused'; error: Failure }
  | { kind: 'answer'; id: number; answer: Calls[CallName]['answer'] }
  | { kind: 'failed'; id: number; error: Failure }
