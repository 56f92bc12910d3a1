// What a running service says instead of a result, as AppError: a refused request, or how a job failed.

import type { WorkflowError } from '../client/errors.ts'
import { AppError, type ErrorCode, errorCodes } from '../errors.ts'

/** A code that this program doesn't know becomes the one of the status. */
export function appErrorOf(error: WorkflowError): AppError {
  const { status, field, retryAfterMs } = error
  const fallback = status === null ? 'engine_failed' : codeOfStatus(status)
  return new AppError(errorCodes.find((known) => known === error.code) ?? fallback, error.message, {
    ...(field !== null && { field }),
    ...(retryAfterMs !== null && { retryAfterSeconds: Math.max(1, Math.ceil(retryAfterMs / 1000)) }),
    cause: error,
  })
}

function codeOfStatus(status: number): ErrorCode {
  switch (status) {
    case 404:
      return 'not_found'
    case 409:
      return 'idempotency_conflict'
    case 413:
      return 'body_too_large'
    case 415:
      return 'unsupported_media_type'
    case 429:
      return 'queue_full'
    default:
      return status >= 500 ? 'unavailable' : 'invalid_request'
  }
}
