// The one error class. A code says what kind of failure it is; the message says what happened, with which value,
// and what to do about it. Expected ends of a generation (stop, length, cancelled) are values, never errors.

export const errorCodes = [
  // The caller's input.
  'malformed',
  'invalid_header',
  'unauthorized',
  'forbidden',
  'not_found',
  'method_not_allowed',
  'body_too_large',
  'unsupported_media_type',
  'invalid_request',
  'idempotency_conflict',
  // The service's state; the caller may try again.
  'queue_full',
  'rate_limited',
  'unavailable',
  // How a job can fail. `cancelled` only where a stopped job has no other way to say so: on the OpenAI-compatible routes.
  'cancelled',
  'deadline_exceeded',
  'engine_failed',
  'engine_crashed',
  'poisoned',
  'damaged_job',
  // Starting up.
  'bad_setting',
  'bad_model',
  'missing_dependency',
  // A bug in this program.
  'internal',
] as const
export type ErrorCode = (typeof errorCodes)[number]

export interface ErrorDetails {
  /** The request field, header, setting or file that is wrong, as the caller wrote it: `stop[2]`, `Last-Event-ID`. */
  field?: string | undefined
  /** Seconds after which the caller may try again, at least 1. */
  retryAfterSeconds?: number
  /** The code of OpenAI's API, where that is finer than ours. */
  openAiCode?: string
  cause?: unknown
}

export class AppError extends Error {
  readonly field: string | undefined
  readonly retryAfterSeconds: number | undefined
  readonly openAiCode: string | undefined

  constructor(
    readonly code: ErrorCode,
    message: string,
    details: ErrorDetails = {},
  ) {
    super(message, { cause: details.cause })
    this.name = 'AppError'
    this.field = details.field
    this.retryAfterSeconds = details.retryAfterSeconds
    this.openAiCode = details.openAiCode
  }
}

/** Anything thrown, as an AppError: one keeps its code, anything else becomes `fallback` with its message. */
export function toAppError(thrown: unknown, fallback: ErrorCode = 'internal'): AppError {
  if (thrown instanceof AppError) return thrown
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return new AppError(fallback, message, { cause: thrown })
}
