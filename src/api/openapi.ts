// The OpenAPI 3.1 document, from what the routes say of themselves and the schemas that validate the requests. Its dialect
// of JSON Schema (2020-12) is the one zod writes.

import { z } from 'zod'
import { openAiErrorSchema } from './openai/wire-schemas.ts'
import { errorExamples, openAiErrorExamples } from './openapi-errors.ts'
import type { RouteDoc } from './openapi-route.ts'
import { type AnswerDoc, type Component, component, type ErrorStatus, errorsOf, openApiPath } from './openapi-route.ts'
import { routeDocs } from './route-docs.ts'
import { errorSchema } from './wire-schemas.ts'

const securitySchemes = {
  bearer: { type: 'http', scheme: 'bearer' },
  apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
}

const tags: Record<RouteDoc['tag'], string> = {
  Generate: 'Text from a prompt or a chat',
  Analyse: 'What went wrong, from a log',
  Jobs: 'What runs behind every request: look at it, follow it, stop it',
  OpenAI: 'The same for clients of OpenAI’s API',
  Service: 'The state of the service',
  Pages: 'For people',
}

export function openApiDocument(version: string) {
  const components = new Components()
  const paths: Record<string, Record<string, unknown>> = {}
  for (const doc of routeDocs) {
    const path = openApiPath(doc.path)
    paths[path] = { ...paths[path], [doc.method]: operation(doc, components) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'WorkflowAI',
      version,
      description: 'Streaming LLM generations and log analyses on a job queue.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    // The empty one: a service without keys asks for none.
    security: [{ bearer: [] }, { apiKey: [] }, {}],
    tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
    paths,
    components: { schemas: components.all(), securitySchemes },
  }
}

function operation(doc: RouteDoc, components: Components) {
  const { method, path, tag, summary, description, access, body } = doc
  return {
    operationId: operationId(method, path),
    ...{ tags: [tag], summary },
    ...(description && { description }),
    ...(access === 'open' && { security: [] }),
    ...(doc.parameters && {
      parameters: doc.parameters.map((one) => ({ ...one, ...(one.in === 'path' && { required: true }) })),
    }),
    ...(body && { requestBody: requestBody(body, components) }),
    responses: {
      ...Object.fromEntries(Object.entries(doc.answers).map(([status, one]) => [status, answer(one, components)])),
      ...Object.fromEntries(errorsOf(doc).map((status) => [status, errorAnswer(status, path, components)])),
    },
  }
}

/** `postWorkflowsAnalyzeLogStream` */
function operationId(method: string, path: string): string {
  const words = path.split(/[^A-Za-z0-9]+/).filter((word) => word !== '')
  return method + words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('')
}

function requestBody({ of, examples, media = [] }: NonNullable<RouteDoc['body']>, components: Components) {
  const refs = of.map((one) => components.ref(one))
  const named = Object.entries(examples).map(([name, value]) => [name, { value }])
  return {
    required: true,
    content: {
      'application/json': {
        schema: refs.length === 1 ? refs[0] : { oneOf: refs },
        examples: Object.fromEntries(named),
      },
      ...Object.fromEntries(media.map((type) => [type, { schema: mediaSchema(type) }])),
    },
  }
}

function mediaSchema(type: string): object {
  if (type === 'text/plain') return { type: 'string' }
  const binary = { type: 'string', format: 'binary' }
  return type === 'multipart/form-data'
    ? { type: 'object', properties: { file: binary }, additionalProperties: true }
    : binary
}

function answer({ description, json, events, media }: AnswerDoc, components: Components) {
  const content: Record<string, object> = {}
  if (json) content['application/json'] = { schema: components.ref(json) }
  if (media) content[media] = { schema: { type: 'string' } }
  if (events) {
    const data = Object.entries(events).map(([name, one]) => [name, components.ref(one)])
    // OpenAPI 3.1 has no words for the events of a stream.
    content['text/event-stream'] = { 'x-event-data': Object.fromEntries(data) }
  }
  return {
    description,
    ...(events && {
      headers: { 'X-Job-Id': { schema: { type: 'string' }, description: 'for resuming and stopping' } },
    }),
    ...(Object.keys(content).length > 0 && { content }),
  }
}

const nativeError = component('Error', errorSchema)
const openAiError = component('OpenAiError', openAiErrorSchema)

function errorAnswer(status: ErrorStatus, path: string, components: Components) {
  const isOpenAi = path.startsWith('/v1/')
  const { description, example } = (isOpenAi ? openAiErrorExamples : errorExamples)[status]
  const schema = components.ref(isOpenAi ? openAiError : nativeError)
  return {
    description,
    ...((status === 429 || status === 503) && {
      headers: { 'Retry-After': { schema: { type: 'integer', minimum: 1 }, description: 'seconds' } },
    }),
    content: { 'application/json': { schema, example } },
  }
}

/** Few languages but JavaScript read `\\p{...}` in a pattern; who breaks it is told what is allowed. */
function dropUnreadable({ jsonSchema }: { jsonSchema: { pattern?: string } }): void {
  if (jsonSchema.pattern?.includes('\\p{')) delete jsonSchema.pattern
}

/** The schemas that were referred to, each once. */
class Components {
  readonly #byName = new Map<string, z.ZodType>()

  ref({ name, schema }: Component): { $ref: string } {
    const known = this.#byName.get(name)
    if (known && known !== schema) throw new Error(`two schemas are called ${name}`)
    this.#byName.set(name, schema)
    return { $ref: `#/components/schemas/${name}` }
  }

  all(): Record<string, object> {
    return Object.fromEntries(
      [...this.#byName].map(([name, schema]) => {
        const io = name.endsWith('Request') ? 'input' : 'output'
        const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, override: dropUnreadable })
        return [name, rest]
      }),
    )
  }
}
