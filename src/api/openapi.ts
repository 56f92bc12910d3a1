// The OpenAPI 3.1 document, from the schemas that validate the requests. Its dialect of JSON Schema (2020-12) is the one
// zod writes.

import { z } from 'zod'
import { analyzeRequestSchema, generateRequestSchema } from '../stream/request.ts'
import {
  acceptedSchema,
  analyzeResultSchema,
  errorEventSchema,
  errorSchema,
  generateResultSchema,
  healthSchema,
  jobSchema,
  queuedEventSchema,
  readySchema,
  stageEventSchema,
  stoppedSchema,
  ticketSchema,
  tokenEventSchema,
  workersSchema,
} from './wire-schemas.ts'

const schemas = {
  GenerateRequest: generateRequestSchema,
  AnalyzeLogRequest: analyzeRequestSchema,
  GenerateJobRequest: z.strictObject({ kind: z.literal('generate'), ...generateRequestSchema.shape }),
  AnalyzeLogJobRequest: z.strictObject({ kind: z.literal('analyze-log'), ...analyzeRequestSchema.shape }),
  GenerateResult: generateResultSchema,
  AnalyzeLogResult: analyzeResultSchema,
  Job: jobSchema,
  Accepted: acceptedSchema,
  Stopped: stoppedSchema,
  Ticket: ticketSchema,
  Health: healthSchema,
  Ready: readySchema,
  Workers: workersSchema,
  QueuedEvent: queuedEventSchema,
  StageEvent: stageEventSchema,
  TokenEvent: tokenEventSchema,
  ErrorEvent: errorEventSchema,
  Error: errorSchema,
}
type SchemaName = keyof typeof schemas

const ref = (name: SchemaName) => ({ $ref: `#/components/schemas/${name}` })
const json = (name: SchemaName) => ({ 'application/json': { schema: ref(name) } })
const answer = (description: string, name: SchemaName) => ({ description, content: json(name) })
const error = (description: string) => answer(description, 'Error')

const sseText = {
  description:
    'Server-Sent Events: `queued`, `stage` (analyses only), `token` (one a generated token), then exactly one `done` or ' +
    '`error`. The `id` of an event is its seq; resume with `Last-Event-ID`. The data of `queued`, `stage`, `token` and ' +
    '`error` are the schemas QueuedEvent, StageEvent, TokenEvent and ErrorEvent; that of `done` is the result of the ' +
    'route that is not streamed, of a generation without its text.',
  headers: { 'X-Job-Id': { schema: { type: 'string' }, description: 'for resuming and stopping' } },
  content: { 'text/event-stream': { schema: { type: 'string' } } },
}

const needsKey = { 401: error('keys are set and the request has none that is known') }
const forOperators = { ...needsKey, 403: error('the key is not the ADMIN_KEY') }

const submitErrors = {
  ...needsKey,
  409: error('the Idempotency-Key was used with another body'),
  400: error('the body is not JSON'),
  413: error('the body is too large'),
  415: error('the body is of another type'),
  422: error('a field is wrong; `field` names it'),
  429: error('the queue is full; see Retry-After'),
  503: error('Redis or every worker is away; see Retry-After'),
}

const idempotencyKey = {
  ...{ name: 'Idempotency-Key', in: 'header', schema: { type: 'string', maxLength: 255 } },
  description: 'the same key and body again attach to the same job',
}

const submit = (summary: string, body: SchemaName, answers: object, example: object) => ({
  post: {
    summary,
    parameters: [idempotencyKey],
    requestBody: { required: true, content: { 'application/json': { schema: ref(body), example } } },
    responses: { ...answers, ...submitErrors },
  },
})

const jobId = { name: 'id', in: 'path', required: true, schema: { type: 'string' } }
const unknownJob = { ...needsKey, 404: error('unknown or expired job, or one of another key') }

const generateExample = { prompt: 'Once upon a time', max_tokens: 32, temperature: 0 }
const analyzeExample = { log_content: 'npm ERR! code ENOENT\nnpm ERR! path /app/package.json', log_type: 'build' }

const paths = {
  '/generate': submit(
    'Generate text, answered whole',
    'GenerateRequest',
    { 200: answer('the text', 'GenerateResult') },
    generateExample,
  ),
  '/generate/stream': submit('Generate text, streamed', 'GenerateRequest', { 200: sseText }, generateExample),
  '/workflows/analyze-log': submit(
    'Analyse a log, answered whole',
    'AnalyzeLogRequest',
    { 200: answer('the analysis', 'AnalyzeLogResult') },
    analyzeExample,
  ),
  '/workflows/analyze-log/stream': submit(
    'Analyse a log, streamed',
    'AnalyzeLogRequest',
    { 200: sseText },
    analyzeExample,
  ),
  '/jobs': {
    post: {
      summary: 'Start a job that runs without a reader',
      parameters: [idempotencyKey],
      requestBody: {
        required: true,
        content: {
          'application/json': {
            schema: { oneOf: [ref('GenerateJobRequest'), ref('AnalyzeLogJobRequest')] },
            example: { kind: 'generate', ...generateExample },
          },
        },
      },
      responses: { 202: answer('accepted; Location names the job', 'Accepted'), ...submitErrors },
    },
    get: {
      summary: 'Recent jobs, the newest first',
      responses: {
        ...needsKey,
        200: {
          description: 'without results',
          content: {
            'application/json': {
              schema: { type: 'object', properties: { jobs: { type: 'array', items: ref('Job') } } },
            },
          },
        },
      },
    },
  },
  '/jobs/{id}': {
    get: {
      summary: 'A job, with its result when it has ended',
      parameters: [jobId],
      responses: { 200: answer('the job', 'Job'), ...unknownJob },
    },
    delete: {
      summary: 'Stop a job; of one that has ended, its state',
      parameters: [jobId],
      responses: { 200: answer('its state now', 'Stopped'), ...unknownJob },
    },
  },
  '/jobs/{id}/stream': {
    get: {
      summary: 'Follow a job from its start or from behind an event',
      parameters: [
        jobId,
        { name: 'Last-Event-ID', in: 'header', schema: { type: 'integer', minimum: -1 } },
        { name: 'starting_after', in: 'query', schema: { type: 'integer', minimum: -1 } },
        { name: 'ticket', in: 'query', schema: { type: 'string' }, description: 'instead of a key' },
      ],
      responses: {
        200: sseText,
        204: { description: 'the job has ended and the client has read it all' },
        400: error('the starting point is not a whole number'),
        ...unknownJob,
      },
    },
  },
  '/jobs/{id}/ticket': {
    post: {
      summary: 'A ticket for an EventSource: 60 seconds, this stream only',
      parameters: [jobId],
      responses: { 200: answer('the ticket', 'Ticket'), ...unknownJob },
    },
  },
  '/workers': {
    get: {
      summary: 'Live workers',
      responses: { 200: answer('slots, load and model of each', 'Workers'), ...forOperators },
    },
  },
  '/health': {
    get: { security: [], summary: 'Liveness', responses: { 200: answer('this process answers', 'Health') } },
  },
  '/ready': {
    get: {
      security: [],
      summary: 'Readiness',
      responses: { 200: answer('a request can be answered', 'Ready'), 503: error('Redis or every worker is away') },
    },
  },
  '/metrics': {
    get: { summary: 'Prometheus metrics', responses: { 200: { description: 'text format' }, ...forOperators } },
  },
}

const securitySchemes = {
  bearer: { type: 'http', scheme: 'bearer' },
  apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
}

export function openApiDocument(version: string) {
  const components = Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => {
      const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: name.endsWith('Request') ? 'input' : 'output' })
      return [name, rest]
    }),
  )
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
    paths,
    components: { schemas: components, securitySchemes },
  }
}
