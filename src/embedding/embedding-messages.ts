// What a process and its embedding process say to each other: structured clones over the IPC channel.

import type { Failure, FromChild } from '../kept-child.ts'
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

export type FromEmbedding = FromChild<
  EncoderInfo,
  { id: number; answer: Calls[CallName]['answer'] } | { id: number; error: Failure }
>
