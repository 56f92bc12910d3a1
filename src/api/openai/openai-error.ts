// Errors in OpenAI's form. Its clients retry 408, 409, 429 and 5xx by themselves, unless a header says that it is no use.

import type { Response } from 'express'
import { AppError, type ErrorCode } from '../../errors.ts'
import { publicMessage, setRetryAfter, statusOf } from '../http-error.ts'

/** Another try would end the same way. */
const final: ReadonlySet<ErrorCode> = new Set(['deadline_exceeded', 'poisoned', 'damaged_job', 'idempotency_conflict'])

export interface OpenAiError {
  error: { message: string; type: string; param: string | null; code: string | null }
}

export function openAiError(error: AppError): OpenAiError {
  const status = openAiStatus(error)
  const { code, field = null } = error
  return {
    error: { message: publicMessage(error), type: typeOf(status), param: field, code: error.openAiCode ?? code },
  }
}

export function sendOpenAiError(response: Response, error: AppError): void {
  const status = openAiStatus(error)
  setRetryAfter(response, status, error)
  if (final.has(error.code)) response.set('x-should-retry', 'false')
  response.status(status).json(openAiError(error))
}

/** The refusal of max_tokens, by the name of the field that the client has sent. */
export function inTermsOf(field: string, thrown: unknown): unknown {
  if (!(thrown instanceof AppError) || thrown.field !== 'max_tokens') return thrown
  const { code, openAiCode, message } = thrown
  return new AppError(code, message.replace('max_tokens', field), { field, ...(openAiCode && { openAiCode }) })
}

/** OpenAI has no 422: a field that is wrong is a bad request. */
function openAiStatus({ code }: AppError): number {
  const status = statusOf(code)
  return status === 422 ? 400 : status
}

function typeOf(status: number): string {
  switch (status) {
    case 401:
      return 'authentication_error'
    case 403:
      return 'permission_error'
    case 429:
      return 'rate_limit_error'
    default:
      return status >= 500 ? 'server_error' : 'invalid_request_error'
  }
}
