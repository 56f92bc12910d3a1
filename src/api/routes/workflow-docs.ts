// What the routes that start a job say of themselves.

import { z } from 'zod'
import { analyzeRequestSchema, generateRequestSchema, uploadOptionsSchema } from '../../stream/request.ts'
import { type AnswerDoc, component, type ErrorStatus, type ParameterDoc, type RouteDoc } from '../openapi-route.ts'
import { acceptedSchema, analyzeResultSchema, generateResultSchema } from '../wire-schemas.ts'
import { analysisEvents, generationEvents } from './event-docs.ts'

const generateRequest = component('GenerateRequest', generateRequestSchema)
const analyzeRequest = component('AnalyzeLogRequest', analyzeRequestSchema)
const jobRequests = [
  component('GenerateJobRequest', z.strictObject({ kind: z.literal('generate'), ...generateRequestSchema.shape })),
  component('AnalyzeLogJobRequest', z.strictObject({ kind: z.literal('analyze-log'), ...analyzeRequestSchema.shape })),
]

const idempotencyKey: ParameterDoc = {
  ...{
    name: 'Idempotency-Key',
    in: 'header',
    schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[!-~]+$' },
  },
  description: 'the same key and body again attach to the same job, unless that stopped because nobody read it',
}

const colour = {
  type: 'object',
  properties: { colour: { enum: ['red', 'green', 'blue'] } },
  required: ['colour'],
}

const generations = {
  prompt: { prompt: 'Once upon a time', max_tokens: 24, temperature: 0 },
  chat: { messages: [{ role: 'user', content: 'What is a message queue?' }], max_tokens: 24, seed: 1 },
  logprobs: { prompt: 'The sky is', max_tokens: 3, temperature: 0, logprobs: 2 },
  json: {
    ...{ prompt: 'A colour, as JSON: ', max_tokens: 40 },
    response_format: { type: 'json_schema', json_schema: { schema: colour } },
  },
  choice: { prompt: 'Is water wet?', response_format: { type: 'choice', choices: ['yes', 'no'] } },
}

const analyses = {
  npm: {
    ...{ log_content: 'npm ERR! code ENOENT\nnpm ERR! path /app/package.json', log_type: 'build', max_tokens: 24 },
  },
}

const answered: ErrorStatus[] = [409, 410, 500, 504]
const streamed: ErrorStatus[] = [409]
const whole = (description: string, name: string, schema: z.ZodType): AnswerDoc => ({
  ...{ description, json: component(name, schema) },
})

const common = { method: 'post', parameters: [idempotencyKey] } as const
const generate = { ...common, tag: 'Generate', body: { of: [generateRequest], examples: generations } } as const
const uploads = ['text/plain', 'application/octet-stream', 'application/gzip', 'multipart/form-data']
const uploadOptions = Object.keys(uploadOptionsSchema.shape).map(
  (name): ParameterDoc => ({
    ...{ name, in: 'query', schema: { type: 'string', minLength: 1 } },
    description:
      'of a log that is sent as it is: as in AnalyzeLogRequest, a list comma-separated; a form has fields for it',
  }),
)
const analyze = {
  ...common,
  tag: 'Analyse',
  parameters: [idempotencyKey, ...uploadOptions],
  body: { of: [analyzeRequest], examples: analyses, media: uploads },
} as const

export const workflowDocs: RouteDoc[] = [
  {
    ...generate,
    path: '/generate',
    summary: 'Generate text, answered whole',
    answers: { 200: whole('the text', 'GenerateResult', generateResultSchema) },
    errors: answered,
  },
  {
    ...generate,
    path: '/generate/stream',
    summary: 'Generate text, streamed',
    answers: { 200: generationEvents },
    errors: streamed,
  },
  {
    ...analyze,
    path: '/workflows/analyze-log',
    summary: 'Analyse a log, answered whole',
    answers: { 200: whole('the analysis', 'AnalyzeLogResult', analyzeResultSchema) },
    errors: answered,
  },
  {
    ...analyze,
    path: '/workflows/analyze-log/stream',
    summary: 'Analyse a log, streamed',
    answers: { 200: analysisEvents },
    errors: streamed,
  },
  {
    ...common,
    path: '/jobs',
    tag: 'Jobs',
    summary: 'Start a job that runs without a reader',
    body: {
      of: jobRequests,
      examples: {
        generate: { kind: 'generate', ...generations.prompt },
        'analyze-log': { kind: 'analyze-log', ...analyses.npm },
      },
    },
    answers: { 202: whole('accepted; Location names the job', 'Accepted', acceptedSchema) },
    errors: streamed,
  },
]
