// The OpenAPI document against the running service: every example is sent as it stands, and what comes back has to be what
// the document says, also where it says that a request is wrong.

import { Ajv2020 } from 'ajv/dist/2020.js'
import { default as formats } from 'ajv-formats'
import { createParser } from 'eventsource-parser'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openApiDocument } from '../../src/api/openapi.ts'
import { openApiPath, type RouteDoc } from '../../src/api/openapi-route.ts'
import { routeDocs } from '../../src/api/route-docs.ts'
import { type RunningService, startService } from '../api/running-service.ts'
import { openTinyEmbeddings } from '../embedding/tiny-embeddings.ts'

let service: RunningService
beforeAll(async () => {
  service = await startService({ maxContext: 1024, embeddings: await openTinyEmbeddings() })
})
afterAll(() => service.stop())

interface Media {
  schema: object
  example?: object
  examples?: Record<string, { value: object }>
  'x-event-data'?: Record<string, object>
}
interface Operation {
  requestBody?: { content: Record<string, Media> }
  responses: Record<string, { content?: Record<string, Media> }>
}

const document = openApiDocument('0.0.0')
const ajv = new Ajv2020({ strict: false, allErrors: true })
formats.default(ajv)
ajv.addSchema({ $id: 'document', components: document.components })

function expectValid(schema: object, value: unknown, what: string): void {
  const text = JSON.stringify(schema).replaceAll('"#/components', '"document#/components')
  const validate = ajv.compile(JSON.parse(text))
  expect(validate(value), `${what}: ${JSON.stringify(validate.errors)} in ${JSON.stringify(value)}`).toBe(true)
}

const operationOf = ({ method, path }: RouteDoc) => document.paths[openApiPath(path)]![method] as Operation

/** The path with a job's id in it, and the parameters that have an example. */
function urlOf({ path, parameters = [] }: RouteDoc, id: string): { url: string; headers: Record<string, string> } {
  const url = new URL(service.url + path.replace(/[:*]id/, path.startsWith('/v1/models') ? 'scripted' : id))
  const headers: Record<string, string> = {}
  for (const { name, in: place, example } of parameters) {
    if (example === undefined) continue
    if (place === 'path') url.pathname = url.pathname.replace(`:${name}`, String(example))
    if (place === 'query') url.searchParams.set(name, String(example))
    if (place === 'header') headers[name] = String(example)
  }
  return { url: url.href, headers }
}

/** Whether a response is one that the document has: its status, its media type, its body. */
async function expectDescribed(doc: RouteDoc, response: Response, what: string): Promise<void> {
  const answer = operationOf(doc).responses[response.status]
  const text = doc.path === '/activity' ? await beginningOf(response) : await response.text()
  expect(answer, `${what}: ${response.status} ${text}`).toBeDefined()
  if (!answer?.content) return expect(text).toBe('')
  const type = response.headers.get('content-type')?.split(';')[0] ?? ''
  const media = answer.content[type]
  expect(media, `${what}: ${type}`).toBeDefined()
  if (type === 'application/json') expectValid(media!.schema, JSON.parse(text), what)
  if (type === 'text/event-stream') expectEvents(media!['x-event-data']!, text, what)
}

/** Of a stream that has no end. */
async function beginningOf(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true })
    if (text.includes('event: snapshot') && text.endsWith('\n\n')) break
  }
  return text
}

function expectEvents(schemas: Record<string, object>, text: string, what: string): void {
  let events = 0
  const onEvent = ({ event = 'message', data }: { event?: string | undefined; data: string }) => {
    events++
    if (data === '[DONE]') return
    expect(schemas[event], `${what}: event ${event}`).toBeDefined()
    expectValid(schemas[event]!, JSON.parse(data), `${what}, event ${event}`)
  }
  createParser({ onEvent }).feed(text)
  expect(events, what).toBeGreaterThan(0)
}

const send = (doc: RouteDoc, id: string, body?: string, type = 'application/json') => {
  const { url, headers } = urlOf(doc, id)
  const init = {
    method: doc.method.toUpperCase(),
    headers: { ...headers, ...(body !== undefined && { 'content-type': type }) },
  }
  return fetch(url, body === undefined ? init : { ...init, body })
}

async function startJob(): Promise<string> {
  const body = JSON.stringify({ kind: 'generate', prompt: 'a', max_tokens: 4 })
  const response = await fetch(`${service.url}/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  })
  return ((await response.json()) as { id: string }).id
}

/** What the route's `:id` may be. */
async function idFor({ path }: RouteDoc): Promise<string> {
  if (path.startsWith('/knowledge/')) return 'npm-peer-conflict'
  if (!path.startsWith('/analyses/')) return path.includes(':id') ? startJob() : ''
  const response = await fetch(`${service.url}/workflows/analyze-log`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ log_content: 'npm ERR! code ERESOLVE', max_tokens: 4 }),
  })
  return ((await response.json()) as { id: string }).id
}

describe('the service does what the document says', { timeout: 120_000 }, () => {
  for (const doc of routeDocs) {
    const name = `${doc.method.toUpperCase()} ${doc.path}`
    const { body } = doc
    if (body) {
      for (const [example, value] of Object.entries(body.examples)) {
        it(`${name}: ${example}`, async () => {
          const media = operationOf(doc).requestBody!.content['application/json']!
          expectValid(media.schema, value, 'the example')
          const response = await send(doc, await idFor(doc), JSON.stringify(value))
          expect(response.ok, `${response.status}`).toBe(true)
          await expectDescribed(doc, response, name)
        })
      }
      it(`${name}: what is wrong with a body`, async () => {
        const huge = JSON.stringify({ prompt: 'x'.repeat(3_000_000), log_content: 'x'.repeat(70_000_000) })
        const wrong: [body: string, type?: string][] = [['{'], [''], ['[]'], ['{}'], ['{}', 'text/xml'], [huge]]
        for (const [text, type] of wrong) {
          const response = await send(doc, '', text, type)
          expect(response.ok).toBe(false)
          await expectDescribed(doc, response, `${name} with ${text.slice(0, 20)}`)
        }
      })
    } else {
      it(name, async () => {
        const response = await send(doc, await idFor(doc))
        expect(response.ok, `${response.status}`).toBe(true)
        await expectDescribed(doc, response, name)
        if (!doc.path.includes(':id')) return
        const unknown = await send(doc, 'job_unknown')
        expect(unknown.status).toBe(404)
        await expectDescribed(doc, unknown, name)
      })
    }
  }

  it('the examples of errors are errors of the form that is described', () => {
    for (const doc of routeDocs) {
      for (const [status, answer] of Object.entries(operationOf(doc).responses)) {
        const media = answer.content?.['application/json']
        if (media?.example) expectValid(media.schema, media.example, `${doc.path} ${status}`)
      }
    }
  })
})
