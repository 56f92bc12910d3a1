import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { head, RawClient } from '../faults/raw-client.ts'
import { type RunningService, startService } from './running-service.ts'
import { post } from './sse-client.ts'

let service: RunningService

beforeAll(async () => {
  service = await startService({ env: { BODY_LIMIT: '100kb,200kb' } })
})
afterAll(() => service.stop())

interface BadRequest {
  name: string
  status: number
  /** What the error must name. */
  field?: string
  path?: string
  method?: string
  headers?: Record<string, string>
  body?: unknown
}

const generate = (name: string, body: unknown, field: string, status = 422): BadRequest => ({
  name,
  body,
  field,
  status,
})
const analyze = (name: string, body: unknown, field: string): BadRequest => ({
  ...{ name, body, field },
  ...{ path: '/workflows/analyze-log', status: 422 },
})
const prompt = 'Hello'
const format = (name: string, response_format: unknown, field: string) =>
  generate(name, { prompt, response_format }, `response_format${field}`)
const schema = (name: string, value: unknown, field: string) =>
  format(name, { type: 'json_schema', json_schema: { schema: value } }, `.json_schema.schema${field}`)
const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`

const cases: BadRequest[] = [
  { name: 'malformed JSON', body: '{"prompt": "a"', status: 400, field: 'body' },
  { name: 'single quotes', body: "{'prompt': 'a'}", status: 400, field: 'body' },
  { name: 'an empty body', body: '', status: 400, field: 'body' },
  { name: 'NaN', body: '{"prompt":"a","temperature":NaN}', status: 400, field: 'body' },
  { name: 'Infinity', body: '{"prompt":"a","temperature":Infinity}', status: 400, field: 'body' },
  {
    name: 'a number too large for a double',
    body: '{"prompt":"a","temperature":1e999}',
    status: 422,
    field: 'temperature',
  },
  generate('a list', [], 'body'),
  generate('a string', '"hello"', 'body'),
  generate('a number', 7, 'body'),
  generate('null', null, 'body'),
  generate('100,000 nested lists', `{"prompt":${nested(40_000)}}`, 'prompt'),
  generate('an object nested 100,000 deep', `{"prompt":${'{"a":'.repeat(15_000)}1${'}'.repeat(15_000)}}`, 'prompt'),
  generate('neither prompt nor messages', {}, 'prompt'),
  generate('both prompt and messages', { prompt, messages: [{ role: 'user', content: 'a' }] }, 'prompt'),
  generate('an empty prompt', { prompt: '' }, 'prompt'),
  generate('a prompt that is a number', { prompt: 5 }, 'prompt'),
  generate('a prompt that is null', { prompt: null }, 'prompt'),
  generate('a prompt that is a list', { prompt: ['a'] }, 'prompt'),
  generate('a lone high surrogate', '{"prompt":"a\\ud800b"}', 'prompt'),
  generate('a lone low surrogate', '{"prompt":"\\udc00"}', 'prompt'),
  generate('a prompt longer than the context', { prompt: 'word '.repeat(600) }, 'prompt'),
  generate('a prompt far longer than the context', { prompt: 'word '.repeat(18_000) }, 'prompt'),
  generate('an unknown field', { prompt, max_token: 5 }, 'max_token'),
  generate('__proto__ as a field', '{"prompt":"a","__proto__":{"x":1}}', '__proto__'),
  generate('constructor as a field', { prompt, constructor: 1 }, 'constructor'),
  generate('max_tokens 0', { prompt, max_tokens: 0 }, 'max_tokens'),
  generate('max_tokens negative', { prompt, max_tokens: -1 }, 'max_tokens'),
  generate('max_tokens a fraction', { prompt, max_tokens: 1.5 }, 'max_tokens'),
  generate('max_tokens a string', { prompt, max_tokens: '10' }, 'max_tokens'),
  generate('max_tokens beyond the context', { prompt, max_tokens: 5000 }, 'max_tokens'),
  generate('max_tokens beyond whole numbers', { prompt, max_tokens: 1e300 }, 'max_tokens'),
  generate('max_tokens null', { prompt, max_tokens: null }, 'max_tokens'),
  generate('temperature negative', { prompt, temperature: -0.1 }, 'temperature'),
  generate('temperature above 2', { prompt, temperature: 2.1 }, 'temperature'),
  generate('temperature a string', { prompt, temperature: 'hot' }, 'temperature'),
  generate('temperature true', { prompt, temperature: true }, 'temperature'),
  generate('top_p 0', { prompt, top_p: 0 }, 'top_p'),
  generate('top_p above 1', { prompt, top_p: 1.01 }, 'top_p'),
  generate('top_k negative', { prompt, top_k: -1 }, 'top_k'),
  generate('top_k above 1000', { prompt, top_k: 1001 }, 'top_k'),
  generate('min_p above 1', { prompt, min_p: 1.5 }, 'min_p'),
  generate('repetition_penalty 0', { prompt, repetition_penalty: 0 }, 'repetition_penalty'),
  generate('presence_penalty above 2', { prompt, presence_penalty: 2.5 }, 'presence_penalty'),
  generate('frequency_penalty below -2', { prompt, frequency_penalty: -2.5 }, 'frequency_penalty'),
  generate('five stop strings', { prompt, stop: ['a', 'b', 'c', 'd', 'e'] }, 'stop'),
  generate('an empty stop string', { prompt, stop: '' }, 'stop'),
  generate('an empty stop string in a list', { prompt, stop: ['a', ''] }, 'stop[1]'),
  generate('a stop string of 65 characters', { prompt, stop: 'x'.repeat(65) }, 'stop'),
  generate('stop a number', { prompt, stop: 5 }, 'stop'),
  generate('seed negative', { prompt, seed: -1 }, 'seed'),
  generate('seed a fraction', { prompt, seed: 0.5 }, 'seed'),
  generate('seed above 2^53-1', `{"prompt":"a","seed":9007199254740992}`, 'seed'),
  generate('logprobs 6', { prompt, logprobs: 6 }, 'logprobs'),
  generate('logprobs true', { prompt, logprobs: true }, 'logprobs'),
  generate('min_tokens negative', { prompt, min_tokens: -1 }, 'min_tokens'),
  generate('min_tokens above max_tokens', { prompt, min_tokens: 9, max_tokens: 5 }, 'min_tokens'),
  generate('ignore_eos a string', { prompt, ignore_eos: 'yes' }, 'ignore_eos'),
  generate('on_disconnect unknown', { prompt, on_disconnect: 'pause' }, 'on_disconnect'),
  generate('deadline_ms too short', { prompt, deadline_ms: 10 }, 'deadline_ms'),
  generate('deadline_ms too long', { prompt, deadline_ms: 1e9 }, 'deadline_ms'),
  generate('messages empty', { messages: [] }, 'messages'),
  generate('messages a string', { messages: 'hi' }, 'messages'),
  generate('a message without content', { messages: [{ role: 'user' }] }, 'messages[0].content'),
  generate('a message of an unknown role', { messages: [{ role: 'robot', content: 'a' }] }, 'messages[0].role'),
  generate('a message with an unknown field', { messages: [{ role: 'user', content: 'a', x: 1 }] }, 'messages[0].x'),
  generate(
    'a lone surrogate in a message',
    '{"messages":[{"role":"user","content":"\\ud800"}]}',
    'messages[0].content',
  ),
  format('a response_format of an unknown type', { type: 'yaml' }, '.type'),
  format('a response_format that is a string', 'json', ''),
  format('a response_format without its schema', { type: 'json_schema' }, '.json_schema'),
  format('a schema that is a list', { type: 'json_schema', json_schema: { schema: [] } }, '.json_schema.schema'),
  schema('a schema with an unsupported keyword', { not: { type: 'string' } }, '.not'),
  schema('a schema with minimum above maximum', { type: 'integer', minimum: 5, maximum: 3 }, '.minimum'),
  schema('a schema of an unknown type', { items: { type: 'float' } }, '.items.type'),
  schema('a schema that requires what it lacks', { properties: {}, required: ['a'] }, '.required[0]'),
  schema('a schema with a reference to nothing', { $ref: '#/$defs/a' }, '.$ref'),
  schema('a schema with a reference to the web', { $ref: 'https://evil.example/schema.json' }, '.$ref'),
  schema('a schema that refers to itself', { anyOf: [{ $ref: '#' }] }, '.anyOf[0].$ref'),
  schema('a schema without a finite value', { properties: { a: { $ref: '#' } }, required: ['a'] }, ''),
  schema('a schema with a pattern of a lookahead', { type: 'string', pattern: '(?=a)b' }, '.pattern'),
  schema('a schema with strings of a thousand characters', { type: 'string', maxLength: 1000 }, ''),
  schema('a schema with 5,000 values', { enum: Array.from({ length: 5000 }, (_, n) => n) }, '.enum'),
  generate(
    'a schema 8,000 deep',
    `{"prompt":"a","response_format":{"type":"json_schema","json_schema":{"schema":${'{"items":'.repeat(8000)}{}${'}'.repeat(8000)}}}}`,
    'response_format.json_schema.schema',
  ),
  format('a regex that is not closed', { type: 'regex', regex: '(a' }, '.regex'),
  format('a regex of a million places', { type: 'regex', regex: '((.{1,100}){1,100}){1,100}' }, '.regex'),
  format('a regex with a backreference', { type: 'regex', regex: '(a)\\1' }, '.regex'),
  format('no choices', { type: 'choice', choices: [] }, '.choices'),
  format('an empty choice', { type: 'choice', choices: ['a', ''] }, '.choices[1]'),
  generate(
    'ignore_eos beside a format',
    { prompt, ignore_eos: true, response_format: { type: 'json_object' } },
    'ignore_eos',
  ),
  {
    name: 'bytes that are not UTF-8',
    body: Buffer.from('{"prompt":"\xff\xfe"}', 'latin1'),
    status: 400,
    field: 'body',
  },
  { name: 'a body over the limit', body: { prompt: 'a'.repeat(150_000) }, status: 413, field: 'body' },
  {
    ...{ name: 'a log over the limit', body: { log_content: 'a'.repeat(250_000) } },
    ...{ path: '/workflows/analyze-log', status: 413, field: 'body' },
  },
  {
    name: 'a foreign content type',
    body: 'a=b',
    headers: { 'content-type': 'text/xml' },
    status: 415,
    field: 'Content-Type',
  },
  { name: 'plain text', body: 'hello', headers: { 'content-type': 'text/plain' }, status: 415, field: 'Content-Type' },
  {
    ...{ name: 'a form of another origin', body: '{"prompt":"a"}', status: 415, field: 'Content-Type' },
    headers: { 'content-type': 'application/x-www-form-urlencoded', origin: 'https://evil.example' },
  },
  {
    ...{ name: 'an unknown charset', body: '{"prompt":"a"}', status: 415, field: 'Content-Type' },
    headers: { 'content-type': 'application/json; charset=klingon' },
  },
  {
    ...{ name: 'an unknown content encoding', body: '{"prompt":"a"}', status: 415, field: 'Content-Encoding' },
    headers: { 'content-encoding': 'zip' },
  },
  ...['gzip', 'deflate', 'br'].map((encoding) => ({
    ...{ name: `a body that is no ${encoding}, as it says`, body: '{"prompt":"a"}', status: 400, field: 'body' },
    headers: { 'content-encoding': encoding },
  })),
  analyze('a log that is missing', {}, 'log_content'),
  analyze('an empty log', { log_content: '' }, 'log_content'),
  analyze('a log that is a list', { log_content: ['a'] }, 'log_content'),
  analyze('an empty log_type', { log_content: 'a', log_type: '' }, 'log_type'),
  analyze('a log_type of 65 characters', { log_content: 'a', log_type: 'x'.repeat(65) }, 'log_type'),
  analyze('a log_type that is a number', { log_content: 'a', log_type: 3 }, 'log_type'),
  analyze('an unknown field beside a log', { log_content: 'a', prompt }, 'prompt'),
  analyze('max_tokens beyond the context of a log', { log_content: 'a', max_tokens: 100_000 }, 'max_tokens'),
  { name: 'a job without a kind', path: '/jobs', body: { prompt }, status: 422, field: 'kind' },
  { name: 'a job of an unknown kind', path: '/jobs', body: { kind: 'dream', prompt }, status: 422, field: 'kind' },
  { name: 'an unknown job', path: '/jobs/job_nobody', method: 'GET', status: 404, field: 'id' },
  { name: 'the stream of an unknown job', path: '/jobs/job_nobody/stream', method: 'GET', status: 404, field: 'id' },
  { name: 'stopping an unknown job', path: '/jobs/job_nobody', method: 'DELETE', status: 404, field: 'id' },
  { name: 'a broken percent sign in a job id', path: '/jobs/%E0%A4%A', method: 'GET', status: 400 },
  ...['', 'abc', '1.5', '-2', '99999999999999999999', '1e3'].map((value) => ({
    ...{ name: `Last-Event-ID "${value}"`, path: '/jobs/job_nobody/stream', method: 'GET', status: 400 },
    ...{ headers: { 'last-event-id': value }, field: 'Last-Event-ID' },
  })),
  { name: 'a filter of the jobs', path: '/jobs?state=failed', method: 'GET', status: 422, field: 'state' },
  {
    name: 'a field of the body behind the ?',
    path: '/generate?stream=true',
    status: 422,
    field: 'stream',
    body: { prompt },
  },
  {
    name: 'a query of a job, whatever way its path is written',
    path: '/JOBS/j/?full=1',
    method: 'GET',
    status: 422,
    field: 'full',
  },
  { name: 'another name for it', path: '/jobs/j/stream?after=3', method: 'GET', status: 422, field: 'after' },
  {
    name: 'starting_after twice',
    path: '/jobs/j/stream?starting_after=1&starting_after=2',
    method: 'GET',
    status: 400,
    field: 'starting_after',
  },
  {
    ...{ name: 'a wrong starting_after beside a right Last-Event-ID', path: '/jobs/j/stream?starting_after=-2' },
    ...{ method: 'GET', headers: { 'last-event-id': '3' }, status: 400, field: 'starting_after' },
  },
  { name: 'an object in a query', path: '/knowledge?q[a]=1', method: 'GET', status: 422, field: 'q[a]' },
  { name: 'a list in a query', path: '/knowledge?q=1&q=2', method: 'GET', status: 422, field: 'q' },
  { name: 'an unknown route', path: '/generat', method: 'GET', status: 404 },
  { name: 'GET on a POST route', path: '/generate', method: 'GET', status: 405 },
  { name: 'PUT on a job', path: '/jobs/job_a', method: 'PUT', body: {}, status: 405 },
]

describe('bad input', () => {
  it('that is a field which nobody knows is answered with those that there are', async () => {
    const messageOf = async (response: Response) =>
      ((await response.json()) as { error: { message: string } }).error.message
    expect(await messageOf(await post(`${service.url}/generate`, { prompt: 'a', max_token: 3 }))).toMatch(
      /^max_token is not a field of this request; allowed: prompt, messages, max_tokens, /,
    )
    expect(await messageOf(await fetch(`${service.url}/jobs/j/stream?after=3`))).toBe(
      'after is not a field of this request; allowed: starting_after, ticket',
    )
    expect(await messageOf(await fetch(`${service.url}/jobs?state=failed`))).toMatch(/; allowed: none$/)
  })

  it('has at least 60 cases', () => {
    expect(cases.length).toBeGreaterThanOrEqual(60)
  })

  it.each(cases)('is answered with $status and named: $name', async (request) => {
    const { path = '/generate', method = 'POST', body, headers } = request
    const raw = typeof body === 'string' || Buffer.isBuffer(body)
    const response = await fetch(service.url + path, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body: raw ? (body as string) : JSON.stringify(body) }),
    })
    const answer = (await response.json()) as { error: { code: string; message: string; field?: string } }
    expect({ status: response.status, field: answer.error.field }).toEqual({
      status: request.status,
      field: request.field,
    })
    expect(answer.error.message).not.toMatch(/undefined|\[object|at .*\.ts/)
    if (request.field) expect(answer.error.message.length).toBeGreaterThan(10)
  })

  it('on the streamed routes is answered before the stream begins', async () => {
    const response = await post(`${service.url}/generate/stream`, { prompt: 'a', top_p: 7 })
    expect(response.status).toBe(422)
    expect(response.headers.get('content-type')).toContain('application/json')
    const { error } = (await response.json()) as { error: { message: string } }
    expect(error.message).toBe('top_p is 7; allowed: at most 1')
  })

  it.each(['http://[::bad/x', '//', 'http://a:b/'])('is also an address such as %s', async (address) => {
    const client = new RawClient(service.url).send(head(`POST ${address}`, { 'content-length': 0 }))
    expect(await client.answer()).toMatch(/^HTTP\/1.1 4\d\d .*"error":/s)
    expect(client.received).not.toMatch(/<html|X-Powered-By/i)
    client.socket.destroy()
  })

  it('leaves a service that answers the next request', async () => {
    const response = await post(`${service.url}/generate`, { prompt: 'Hello', max_tokens: 3 })
    expect(response.status).toBe(200)
  })
})
