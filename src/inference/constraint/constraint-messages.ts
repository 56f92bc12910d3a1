// What the engine and the thread that walks the grammars say to each other.

import type { ErrorCode } from '../../errors.ts'
import type { OutputFormat } from '../../grammar/format.ts'

export type ToConstraints =
  /** `ids`: tokens that were generated before. Answered by `mask` or `failed`. */
  | { kind: 'open'; key: number; format: OutputFormat; ids: number[] }
  /** The next generated token. Answered by `mask` or `failed`. */
  | { kind: 'accept'; key: number; id: number }
  | { kind: 'close'; key: number }

export type FromConstraints =
  /** `[ceil(vocabSize / 32)]`, what may follow the first `length` tokens. */
  | { kind: 'mask'; key: number; length: number; mask: Int32Array }
  | { kind: 'failed'; key: number; code: ErrorCode; message: string }
