// What the OpenAI-compatible routes say of themselves.

import { component, type ErrorStatus, type RouteDoc } from '../openapi-route.ts'
import { chatRequestSchema, completionRequestSchema, embeddingRequestSchema } from './requests.ts'
import {
  chatChunkSchema,
  chatCompletionSchema,
  completionChunkSchema,
  completionSchema,
  embeddingListSchema,
  modelListSchema,
  modelSchema,
} from './wire-schemas.ts'

const errors: ErrorStatus[] = [404, 409, 410, 500, 504]
const description =
  'Unknown fields are ignored and null counts as missing. With `stream: true` the answer is Server-Sent Events of data ' +
  'only, ended by `[DONE]`; a failure is a last event `{"error": {...}}`. Leaving stops the answer, unless `on_disconnect` ' +
  'is `continue`; with an Idempotency-Key only after the grace. X-Job-Id names the job of each choice: the answer can be ' +
  'followed from any place at /jobs/{id}/stream.'

const messages = [{ role: 'user', content: 'What is a message queue?' }]
const weather = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'The weather in a city',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' }, unit: { enum: ['celsius', 'fahrenheit'] } },
      required: ['city'],
    },
  },
}
const person = {
  type: 'object',
  properties: { name: { type: 'string', maxLength: 20 }, age: { type: 'integer', minimum: 0, maximum: 120 } },
  required: ['name', 'age'],
  additionalProperties: false,
}

export const openAiDocs: RouteDoc[] = [
  {
    ...{ method: 'post', path: '/v1/chat/completions', tag: 'OpenAI', description, errors },
    summary: 'Answer a chat',
    body: {
      of: [component('ChatCompletionRequest', chatRequestSchema)],
      examples: {
        chat: { messages, max_tokens: 24 },
        stream: { messages, max_tokens: 24, stream: true, stream_options: { include_usage: true } },
        'tool call': { messages, tools: [weather], tool_choice: 'required', max_tokens: 80 },
        json: {
          ...{ messages, max_tokens: 60 },
          response_format: { type: 'json_schema', json_schema: { name: 'person', strict: true, schema: person } },
        },
        'two answers': { messages, n: 2, max_tokens: 8, logprobs: true, top_logprobs: 2 },
      },
    },
    answers: {
      200: {
        description: 'the answer, whole or streamed',
        json: component('ChatCompletion', chatCompletionSchema),
        events: { message: component('ChatCompletionChunk', chatChunkSchema) },
      },
    },
  },
  {
    ...{ method: 'post', path: '/v1/completions', tag: 'OpenAI', description, errors },
    summary: 'Go on with a text',
    body: {
      of: [component('CompletionRequest', completionRequestSchema)],
      examples: {
        prompt: { prompt: 'Once upon a time', max_tokens: 24, logprobs: 2 },
        stream: { prompt: 'Once upon a time', max_tokens: 24, stream: true },
        'several prompts': { prompt: ['Once upon a time', 'The end'], max_tokens: 8 },
        'token ids': { prompt: [504, 253, 1057], max_tokens: 8 },
      },
    },
    answers: {
      200: {
        description: 'the text, whole or streamed',
        json: component('Completion', completionSchema),
        events: { message: component('CompletionChunk', completionChunkSchema) },
      },
    },
  },
  {
    ...{ method: 'post', path: '/v1/embeddings', tag: 'OpenAI' },
    summary: 'Turn texts into vectors',
    description:
      'By the model of EMBEDDING_MODEL; without one the answer is 404 with the code `model_not_found`. Vectors have the ' +
      'length 1. A text of more tokens than the model takes (`max_model_len` of GET /v1/models) is refused with ' +
      '`context_length_exceeded`, not cut; a request may have 300,000 tokens. Where too much waits the answer is 429 with ' +
      'Retry-After. Token ids are those of the embedding model, and nothing is put around them.',
    body: {
      of: [component('EmbeddingRequest', embeddingRequestSchema)],
      examples: {
        text: { input: 'What is a message queue?' },
        'several texts': { input: ['What is a message queue?', 'A line of work.'], encoding_format: 'base64' },
        'token ids': { input: [[2, 5, 6, 3]] },
      },
    },
    answers: {
      200: { description: 'a vector for each text', json: component('EmbeddingList', embeddingListSchema) },
    },
    errors: [404, 500],
  },
  {
    ...{ method: 'get', path: '/v1/models', tag: 'OpenAI' },
    summary: 'The models that are served, as a list',
    answers: {
      200: {
        description: 'the one that writes, then the one that embeds',
        json: component('ModelList', modelListSchema),
      },
    },
  },
  {
    ...{ method: 'get', path: '/v1/models/*id', tag: 'OpenAI' },
    summary: 'One model',
    parameters: [{ name: 'id', in: 'path', schema: { type: 'string' }, description: 'may hold slashes' }],
    answers: { 200: { description: 'the model', json: component('Model', modelSchema) } },
    errors: [404],
  },
]
