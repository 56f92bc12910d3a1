// Reading JSON bodies. Tutorials write `curl -d` without a content type, so curl's default counts as JSON, except from a
// web page of another origin: a form must not be able to start jobs.

import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import express, { type Request, type RequestHandler } from 'express'
import { AppError } from '../errors.ts'

const rawBodies = new WeakMap<IncomingMessage, Buffer>()

/** The bytes of a body that jsonBody has read. */
export function rawBody(request: IncomingMessage): Buffer {
  return rawBodies.get(request) ?? Buffer.alloc(0)
}

/**
 * @param limitBytes larger bodies are refused with 413 before they are read whole
 * @param allowedTypes what the refusal of another type names
 */
export function jsonBody(limitBytes: number, allowedTypes = 'application/json'): RequestHandler[] {
  const parse = express.json({
    limit: limitBytes,
    // A bare string or number is valid JSON and the wrong type: the validation says so, with the field's name.
    strict: false,
    type: () => true,
    verify: (request, _response, bytes) => {
      rawBodies.set(request, bytes)
      if (bytes.length === 0) throw emptyBody()
      if (!isUtf8(bytes)) throw new AppError('malformed', 'the body is not valid UTF-8', { field: 'body' })
    },
  })
  return [checkLength(limitBytes), checkContentType(allowedTypes), parse, requireBody]
}

/** In lower case, without parameters; empty when there is none. */
export function mediaTypeOf(request: Request): string {
  return request.headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? ''
}

/** By what the header announces: the parser would read all of it before it answers. */
function checkLength(limitBytes: number): RequestHandler {
  return (request, _response, next) => {
    const bytes = Number(request.headers['content-length'] ?? 0)
    const message = `the body is larger than the ${limitBytes} bytes allowed`
    next(bytes > limitBytes ? new AppError('body_too_large', message, { field: 'body' }) : undefined)
  }
}

function checkContentType(allowedTypes: string): RequestHandler {
  return (request, _response, next) => {
    const type = mediaTypeOf(request)
    const json = type === 'application/json' || type.endsWith('+json')
    const plain = type === '' || type === 'application/x-www-form-urlencoded'
    if (json || (plain && !isForeignOrigin(request))) next()
    else {
      const message = `Content-Type is ${type === '' ? 'missing' : type}; allowed: ${allowedTypes}`
      next(new AppError('unsupported_media_type', message, { field: 'Content-Type' }))
    }
  }
}

const requireBody: RequestHandler = (request, _response, next) => {
  next(request.body === undefined ? emptyBody() : undefined)
}

function emptyBody(): AppError {
  return new AppError('malformed', 'the body is empty; send a JSON object', { field: 'body' })
}

/** Whether a page of another origin sent the request. */
export function isForeignOrigin(request: Request): boolean {
  const origin = request.headers.origin
  if (origin === undefined) return false
  try {
    return new URL(origin).host !== request.headers.host
  } catch {
    return true
  }
}
