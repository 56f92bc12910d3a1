// Errors on their way out: every AppError has a status and one JSON form, and nothing else reaches a client.

import type { ErrorRequestHandler, Response } from 'express'
import { AppError, type ErrorCode } from '../errors.ts'
import type { Logger } from '../logger.ts'

const statusByCode: Record<ErrorCode, number> = {
  malformed: 400,
  invalid_header: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  body_too_large: 413,
  unsupported_media_type: 415,
  invalid_request: 422,
  idempotency_conflict: 409,
  queue_full: 429,
  rate_limited: 429,
  unavailable: 503,
  cancelled: 410,
  deadline_exceeded: 504,
  engine_failed: 500,
  engine_crashed: 500,
  poisoned: 500,
  damaged_job: 410,
  bad_setting: 500,
  bad_model: 500,
  missing_dependency: 500,
  internal: 500,
}

export function statusOf(code: string): number {
  return statusByCode[code as ErrorCode] ?? 500
}

export interface ErrorBody {
  error: { code: string; message: string; field?: string }
}

export function errorBody(error: AppError): ErrorBody {
  const { code, field } = error
  return { error: { code, message: publicMessage(error), ...(field !== undefined && { field }) } }
}

/** The message of a bug may quote anything; the log has it. */
export function publicMessage(error: AppError): string {
  return error.code === 'internal' ? 'internal error' : error.message
}

export function sendError(response: Response, error: AppError): void {
  const status = statusOf(error.code)
  setRetryAfter(response, status, error)
  response.status(status).json(errorBody(error))
}

/** In whole seconds, where another try may succeed. */
export function setRetryAfter(response: Response, status: number, error: AppError): void {
  const retryAfter = error.retryAfterSeconds ?? (status === 503 ? 1 : undefined)
  if (retryAfter !== undefined) response.set('Retry-After', String(Math.max(1, Math.ceil(retryAfter))))
}

interface HttpError {
  type?: string
  status?: number
  limit?: number
  code?: string
  name?: string
  message?: string
}

/** What Express, its body parser and the Redis client throw, as AppErrors. */
export function fromThrown(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown
  const error = thrown as HttpError
  switch (error.type) {
    case 'entity.parse.failed':
      return new AppError('malformed', `the body is not valid JSON: ${error.message}`, { field: 'body' })
    case 'entity.too.large':
      return new AppError('body_too_large', `the body is larger than the ${error.limit} bytes allowed`, {
        field: 'body',
      })
    case 'encoding.unsupported':
      return new AppError('unsupported_media_type', `${error.message}; allowed: gzip, deflate, br, identity`, {
        field: 'Content-Encoding',
      })
    case 'charset.unsupported':
      return new AppError('unsupported_media_type', `${error.message}; send UTF-8 JSON`, { field: 'Content-Type' })
    case 'request.aborted':
    case 'request.size.invalid':
    case 'stream.encoding.set':
      return new AppError('malformed', 'the body ended before its Content-Length', { field: 'body' })
  }
  // Of zlib and of brotli.
  if (error.code !== undefined && /^(Z_|ERR__ERROR_)/.test(error.code)) {
    return new AppError('malformed', 'the body is not packed as its Content-Encoding says', { field: 'body' })
  }
  if (error.name === 'URIError' || (error.status !== undefined && error.status >= 400 && error.status < 500)) {
    return new AppError('malformed', error.message ?? 'the request is malformed')
  }
  if (isRedisAway(thrown)) return new AppError('unavailable', 'the queue is not reachable', { cause: thrown })
  if (error.name === 'ReplyError' && error.message?.startsWith('WRONGTYPE')) {
    const message = 'a key of the service in Redis holds another type of value: its operator has to remove it'
    return new AppError('unavailable', message, { cause: thrown })
  }
  return new AppError('internal', error.message ?? String(thrown), { cause: thrown })
}

function isRedisAway(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false
  if (thrown.name === 'MaxRetriesPerRequestError') return true
  if (thrown.name === 'ReplyError')
    return /^(OOM|LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|NOREPLICAS|MISCONF|TRYAGAIN|BUSY)/.test(thrown.message)
  return /Connection is closed|enableOfflineQueue|Command timed out|ECONNREFUSED|ECONNRESET|EPIPE/.test(thrown.message)
}

/** Answers with what was thrown. After the head was sent there is only the connection left to close. */
export function errorHandler(
  logger: Logger,
  onRefusal: (code: string) => void,
  send: (response: Response, error: AppError) => void,
): ErrorRequestHandler {
  return (thrown, request, response, _next) => {
    const error = fromThrown(thrown)
    onRefusal(error.code)
    if (error.code === 'internal') logger.error({ err: error, path: request.path }, 'request failed')
    if (response.headersSent) response.destroy()
    else send(response, error)
  }
}
