// Who starts a job, as the request says it.

import { createHash } from 'node:crypto'
import type { Request } from 'express'
import { AppError } from '../errors.ts'
import type { Idempotency } from '../stream/admission.ts'
import { callerOf, ownerOf } from './auth/caller.ts'
import { rawBody } from './body.ts'
import type { RateLimits } from './limits/rate-limits.ts'
import { LogUpload } from './log-upload.ts'
import { traceOf } from './request-trace.ts'
import type { Submitter } from './submit-job.ts'

/** @throws AppError `invalid_header` */
export function submitterOf(request: Request, { tokens }: RateLimits): Submitter {
  return {
    owner: ownerOf(callerOf(request)),
    idempotency: idempotencyOf(request),
    trace: traceOf(request),
    account: tokens?.accountOf(request) ?? null,
  }
}

function idempotencyOf(request: Request): Idempotency | undefined {
  const key = request.get('Idempotency-Key')
  if (key === undefined) return undefined
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) {
    const message = `Idempotency-Key has ${key.length} characters; allowed: 1 to 255 visible ASCII characters`
    throw new AppError('invalid_header', message, { field: 'Idempotency-Key' })
  }
  const route = request.path.replace(/\/stream$/, '')
  const sent = request.body instanceof LogUpload ? request.body.sha256 : rawBody(request)
  const hash = createHash('sha256').update(`${route}\n`).update(sent).digest('base64url')
  return { key, hash }
}
