// Errors of a running service, as AppError: from a response's status and body, or from an `error` event.

import { z } from 'zod'
import { AppError, type ErrorCode, errorCodes } from '../errors.ts'

const errorBodySchema = z.object({
  error: z.object({ code: z.string(), message: z.string(), field: z.string().optional() }),
})

/** A response that isn't a stream. Reads its body. */
export async function errorOfResponse(response: Response): Promise<AppError> {
  const text = (await response.text().catch(() => '')).slice(0, 100_000)
  const body = errorBodySchema.safeParse(parsed(text))
  const retryAfterSeconds = retryAfterOf(response.headers.get('retry-after'))
  const fallback = codeOfStatus(response.status)
  const message = body.success ? body.data.error.message : `the service answered ${response.status}`
  return new AppError(body.success ? codeOf(body.data.error.code, fallback) : fallback, message, {
    ...(body.success && body.data.error.field !== undefined && { field: body.data.error.field }),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  })
}

/** A code from the wire; one that this program doesn't know becomes `fallback`. */
export function codeOf(code: string, fallback: ErrorCode): ErrorCode {
  return errorCodes.find((known) => known === code) ?? fallback
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

/** Seconds or an HTTP date. */
function retryAfterOf(header: string | null): number | undefined {
  if (header === null) return undefined
  const seconds = /^\d{1,9}$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000
  return Number.isFinite(seconds) ? Math.max(1, Math.ceil(seconds)) : undefined
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // A proxy's HTML page: the status alone says what happened.
    return null
  }
}
