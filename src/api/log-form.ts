// A log in a form (multipart/form-data): one file, or the field log_content; the other fields are options.

import type { IncomingHttpHeaders } from 'node:http'
import busboy from 'busboy'
import { AppError } from '../errors.ts'
import type { LogBlocks } from './log-blocks.ts'

const limits = { files: 1, fields: 20, parts: 24, fieldSize: 1024 * 1024, headerPairs: 50 }

/**
 * The options of the form; its log goes into `blocks`.
 * @throws AppError `malformed`, `invalid_request`, `body_too_large`
 */
export async function readForm(
  source: AsyncIterable<Buffer>,
  headers: IncomingHttpHeaders,
  blocks: LogBlocks,
): Promise<Record<string, string>> {
  const fields: Record<string, string> = {}
  let failure: unknown = null
  const fail = (error: unknown) => {
    failure ??= error
  }
  const form = openForm(headers)
  form.on('file', (_name, stream) => {
    stream.on('data', (chunk: Buffer) => attempt(() => blocks.add(chunk), fail))
    // A form that ends inside its file fails both; an error that nobody listens to would end the process.
    stream.on('error', (error) => fail(malformed(error.message)))
  })
  form.on('field', (name, value, { valueTruncated }) => {
    if (valueTruncated)
      fail(tooMuch(`the field ${name.slice(0, 60)} is longer than ${limits.fieldSize} bytes; send the log as a file`))
    else if (name === 'log_content') attempt(() => blocks.add(Buffer.from(value)), fail)
    else fields[name] = value
  })
  form.on('filesLimit', () => fail(tooMuch('the form has more than one file; allowed: one')))
  form.on('fieldsLimit', () => fail(tooMuch(`the form has more than ${limits.fields} fields`)))
  form.on('partsLimit', () => fail(tooMuch(`the form has more than ${limits.parts} parts`)))
  form.on('error', (error: Error) => fail(malformed(error.message)))
  const closed = new Promise((resolve) => form.once('close', resolve))
  for await (const chunk of source) {
    if (failure !== null) break
    if (!form.write(chunk)) await Promise.race([new Promise((resolve) => form.once('drain', resolve)), closed])
  }
  if (failure === null) {
    form.end()
    await closed
  }
  if (failure !== null) throw failure
  return fields
}

function openForm(headers: IncomingHttpHeaders): busboy.Busboy {
  try {
    return busboy({ headers, limits })
  } catch (error) {
    throw malformed((error as Error).message)
  }
}

/** What a listener throws would end the process. */
function attempt(work: () => void, fail: (error: unknown) => void): void {
  try {
    work()
  } catch (error) {
    fail(error)
  }
}

function malformed(reason: string): AppError {
  return new AppError('malformed', `the body is not a valid form: ${reason}`, { field: 'body' })
}

function tooMuch(message: string): AppError {
  return new AppError('invalid_request', message, { field: 'body' })
}
