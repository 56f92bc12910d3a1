// Logs sent as they are: as the body itself (text/plain, application/octet-stream, gzip) or as a file of a form. Their
// bytes never become one string here; they are collected in blocks that a thread takes over.

import { createHash, type Hash } from 'node:crypto'
import { createGunzip } from 'node:zlib'
import type { Request, RequestHandler } from 'express'
import { AppError } from '../errors.ts'
import { isForeignOrigin, jsonBody, mediaTypeOf } from './body.ts'
import { LogBlocks } from './log-blocks.ts'
import { readForm } from './log-form.ts'

/** A log and the options beside it, as text: those of a query or of the fields of a form. */
export class LogUpload {
  constructor(
    readonly blocks: Uint8Array<ArrayBuffer>[],
    readonly fields: Record<string, string>,
    /** Of everything that was sent. */
    readonly sha256: Buffer,
  ) {}
}

const formType = 'multipart/form-data'
const uploadTypes = ['text/plain', formType, 'application/octet-stream', 'application/gzip', 'application/x-gzip']
const allowedTypes = `application/json, ${uploadTypes.slice(0, 4).join(', ')}`

/** JSON as everywhere, or an upload: the request's body is then a LogUpload. */
export function logBody(limitBytes: number): RequestHandler[] {
  const upload: RequestHandler = (request, response, next) => {
    const type = mediaTypeOf(request)
    if (!uploadTypes.includes(type)) {
      next()
      return
    }
    readUpload(request, type, limitBytes).then(
      (body) => {
        request.body = body
        next()
      },
      (thrown) => {
        // What is left of the body is on its way: the next request needs a connection of its own.
        if (!request.complete) response.set('Connection', 'close')
        next(thrown)
      },
    )
  }
  const unlessUploaded =
    (handler: RequestHandler): RequestHandler =>
    (request, response, next) =>
      request.body instanceof LogUpload ? next() : handler(request, response, next)
  const fieldsOfBody: RequestHandler = (request, _response, next) => {
    refuseQuery(request)
    next()
  }
  return [upload, ...[...jsonBody(limitBytes, allowedTypes), fieldsOfBody].map(unlessUploaded)]
}

/** An option that nobody reads must not look kept: `redact` above all. @throws AppError `invalid_request` */
function refuseQuery(request: Request): void {
  const [field] = Object.keys(queryOf(request))
  if (field === undefined) return
  const message = `${field.slice(0, 60)} stands in the query; allowed there only beside a log that is sent as it is, else in the body`
  throw new AppError('invalid_request', message, { field: field.slice(0, 60) })
}

async function readUpload(request: Request, type: string, limitBytes: number): Promise<LogUpload> {
  // These two a form of any web page can send, without the browser asking first.
  if ((type === formType || type === 'text/plain') && isForeignOrigin(request)) {
    const message = `Content-Type is ${type}, which a page of another origin may not send; allowed: application/octet-stream, application/json`
    throw new AppError('unsupported_media_type', message, { field: 'Content-Type' })
  }
  if (type === formType) refuseQuery(request)
  const blocks = new LogBlocks(limitBytes)
  const hash = createHash('sha256')
  try {
    const source = hashed(decoded(request), hash)
    const form = type === formType
    const fields = form ? await readForm(source, request.headers, blocks) : queryOf(request)
    if (!form) for await (const chunk of source) blocks.add(chunk)
    hash.update(JSON.stringify(fields))
    if (blocks.bytes > 0) return new LogUpload(blocks.whole(), fields, hash.digest())
  } catch (thrown) {
    // The rest is read and thrown away, so that the client gets to read the answer.
    request.unpipe()
    request.resume()
    throw asUploadError(thrown)
  }
  throw new AppError('invalid_request', 'the log is empty; allowed: at least one byte', { field: 'log_content' })
}

/** The bytes of the body, its Content-Encoding undone. Leaving the loop over them leaves the connection open. */
function decoded(request: Request): AsyncIterable<Buffer> {
  const encoding = request.headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
  if (encoding === 'identity') return request.iterator({ destroyOnReturn: false })
  if (encoding !== 'gzip' && encoding !== 'x-gzip') {
    const message = `Content-Encoding is ${encoding.slice(0, 60)}; allowed: gzip, identity`
    throw new AppError('unsupported_media_type', message, { field: 'Content-Encoding' })
  }
  const gunzip = createGunzip()
  request.once('error', (error) => gunzip.destroy(error))
  return request.pipe(gunzip)
}

async function* hashed(source: AsyncIterable<Buffer>, hash: Hash): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    hash.update(chunk)
    yield chunk
  }
}

function queryOf(request: Request): Record<string, string> {
  // A request may name a whole address, also one that no URL can have; of interest is what stands behind the `?`.
  const { originalUrl } = request
  const at = originalUrl.indexOf('?')
  return Object.fromEntries(new URLSearchParams(at === -1 ? '' : originalUrl.slice(at)))
}

function asUploadError(thrown: unknown): unknown {
  const { code } = thrown as { code?: string }
  if (code?.startsWith('Z_')) {
    return new AppError('malformed', 'the body is not valid gzip, as its Content-Encoding says', { field: 'body' })
  }
  if (code === 'ECONNRESET') return new AppError('malformed', 'the body ended before its end', { field: 'body' })
  return thrown
}
