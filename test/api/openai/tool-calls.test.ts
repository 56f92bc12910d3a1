import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bareTemplate } from '../../tokenizer/tool-templates.ts'
import { type RunningService, startService } from '../running-service.ts'
import { errorOf, openAiClient } from './openai-client.ts'

let service: RunningService
let client: ReturnType<typeof openAiClient>
beforeAll(async () => {
  service = await startService({ slots: 4, maxContext: 1024 })
  client = openAiClient(service)
})
afterAll(() => service.stop())

const parameters = { type: 'object', properties: { n: { type: 'integer', minimum: 0, maximum: 9 } }, required: ['n'] }
const tool = (name: string, rest: object = {}) => ({ type: 'function', function: { name, parameters, ...rest } })
const request = {
  ...{ messages: [{ role: 'user', content: 'Add' }], max_tokens: 450, seed: 5 },
  tools: [tool('first'), tool('second')],
}
const named = { ...request, tool_choice: { type: 'function', function: { name: 'second' } } }

describe('a chat completion with tools', { timeout: 60_000 }, () => {
  it('calls the tool it is told to call, with arguments of its schema', async () => {
    const { choices } = await client.chat(named)
    const called = { name: 'second', arguments: expect.stringMatching(/^\{"n": \d\}$/) }
    expect(choices).toEqual([
      {
        ...{ index: 0, logprobs: null, finish_reason: 'tool_calls' },
        message: {
          ...{ role: 'assistant', content: null, refusal: null },
          tool_calls: [{ id: expect.stringMatching(/^call_/), type: 'function', function: called }],
        },
      },
    ])
  })

  it('streams a call as its name, then pieces of its arguments', async () => {
    const { chunks } = await client.chatChunks(named)
    const { message } = (await client.chat(named)).choices[0]!
    const deltas = chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? [])
    expect(deltas[0]).toMatchObject({ index: 0, type: 'function', function: { name: 'second', arguments: '' } })
    expect(deltas[0]?.id).toMatch(/^call_/)
    expect(deltas.slice(1).every((delta) => delta.id === undefined && delta.function.name === undefined)).toBe(true)
    const joined = deltas.map((delta) => delta.function.arguments).join('')
    expect(joined).toBe(message.tool_calls?.[0]?.function.arguments)
    expect(chunks.at(-1)?.choices[0]).toMatchObject({ delta: {}, finish_reason: 'tool_calls' })
    expect(chunks.slice(1).every(({ choices }) => choices[0]?.delta.content === undefined)).toBe(true)
  })

  it('calls several where it may, one where it may not', async () => {
    const seeds = [1, 2, 3, 4, 5, 6]
    const calls = async (body: object) =>
      Promise.all(seeds.map(async (seed) => (await client.chat({ ...request, ...body, seed })).choices[0]!.message))
    const several = await calls({ tool_choice: 'required' })
    expect(Math.max(...several.map((message) => message.tool_calls!.length))).toBeGreaterThan(1)
    for (const call of several.flatMap((message) => message.tool_calls!)) {
      expect(['first', 'second']).toContain(call.function.name)
      expect(JSON.parse(call.function.arguments)).toEqual({ n: expect.any(Number) })
    }
    expect(new Set(several[0]!.tool_calls!.map(({ id }) => id)).size).toBe(several[0]!.tool_calls!.length)
    const single = await calls({ tool_choice: 'required', parallel_tool_calls: false })
    expect(single.map((message) => message.tool_calls!.length)).toEqual(seeds.map(() => 1))
  })

  it('may answer with text, and is then cut like any text', async () => {
    const { choices } = await client.chat({ ...request, max_tokens: 12 })
    expect(choices[0]).toMatchObject({ finish_reason: 'length', message: { content: expect.any(String) } })
    expect(choices[0]?.message.tool_calls).toBeUndefined()
  })

  it('says length where a call is cut', async () => {
    const { choices } = await client.chat({ ...named, max_tokens: 12 })
    expect(choices[0]?.finish_reason).toBe('length')
  })

  it('takes its calls and their results back', async () => {
    const call = { id: 'call_1', type: 'function', function: { name: 'first', arguments: '{"n": 1}' } }
    const history = [
      { role: 'developer', content: 'Be brief.' },
      ...request.messages,
      { role: 'assistant', content: null, tool_calls: [call, { ...call, id: 'call_2' }] },
      { role: 'tool', tool_call_id: 'call_1', content: '2' },
      { role: 'tool', tool_call_id: 'call_2', content: [{ type: 'text', text: '3' }] },
    ]
    const { choices } = await client.chat({ ...request, messages: history, max_tokens: 5, tool_choice: 'none' })
    expect(choices[0]?.message.content).toBeTruthy()
  })

  it('keeps any object as arguments where a schema is beyond it, and refuses it where it is strict', async () => {
    const odd = { type: 'object', properties: { n: { type: 'number', multipleOf: 0.3 } } }
    const loose = [tool('first', { parameters: odd })]
    const { choices } = await client.chat({ ...request, tools: loose, tool_choice: 'required', max_tokens: 60 })
    expect(choices[0]?.finish_reason).toMatch(/tool_calls|length/)
    const strict = [tool('first'), tool('second', { parameters: odd, strict: true })]
    const error = await errorOf(await client.post('chat', { ...request, tools: strict }))
    expect(error).toMatchObject({ status: 400, param: 'tools[1].function.parameters.properties.n.multipleOf' })
  })

  it('refuses tools that it can not offer', async () => {
    const cases: [change: object, param: string][] = [
      [{ tools: [tool('first'), tool('first')] }, 'tools[1].function.name'],
      [{ tools: [tool('a b')] }, 'tools[0].function.name'],
      [{ tool_choice: { type: 'function', function: { name: 'third' } } }, 'tool_choice.function.name'],
      [
        { tools: [tool('first', { parameters: { type: 'array' }, strict: true })] },
        'tools[0].function.parameters.type',
      ],
      [{ response_format: { type: 'json_object' } }, 'response_format'],
      [{ ignore_eos: true }, 'ignore_eos'],
    ]
    for (const [change, param] of cases) {
      const error = await errorOf(await client.post('chat', { ...request, ...change }))
      expect(error, JSON.stringify(change)).toMatchObject({ status: 400, param })
    }
  })

  it('refuses parameters nested beyond any recursion', async () => {
    const deep = `${'{"items":'.repeat(50_000)}true${'}'.repeat(50_000)}`
    const text = JSON.stringify({ ...request, tools: [tool('first', { parameters: 'DEEP' })] }).replace('"DEEP"', deep)
    expect(await errorOf(await client.post('chat', text))).toMatchObject({ status: 400 })
  })
})

describe('a model whose template writes calls bare', { timeout: 60_000 }, () => {
  let bare: RunningService
  beforeAll(async () => {
    bare = await startService({ slots: 4, maxContext: 1024, chatTemplate: bareTemplate })
  })
  afterAll(() => bare.stop())

  it('calls one tool, which clients see as from any other model, streamed and whole', async () => {
    const client = openAiClient(bare)
    const body = { ...request, tool_choice: 'required' }
    const { choices } = await client.chat(body)
    const calls = choices[0]?.message.tool_calls ?? []
    expect(calls).toHaveLength(1)
    expect(choices[0]).toMatchObject({ finish_reason: 'tool_calls', message: { content: null } })
    expect(JSON.parse(calls[0]!.function.arguments)).toEqual({ n: expect.any(Number) })
    const { chunks } = await client.chatChunks(body)
    const deltas = chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? [])
    expect(deltas.map((delta) => delta.function.arguments).join('')).toBe(calls[0]!.function.arguments)
    expect(chunks.at(-1)?.choices[0]).toMatchObject({ finish_reason: 'tool_calls' })
  })

  it('generated it in its own form, and takes back what its template takes', async () => {
    const client = openAiClient(bare)
    const response = await client.post('chat', named)
    await response.text()
    const job = await (await fetch(`${bare.url}/jobs/${response.headers.get('x-job-id')}`)).json()
    const { text } = (job as { result: { text: string } }).result
    expect(text).toMatch(/^\{"name": "second", "parameters": \{"n": \d\}\}$/)
    // It lets one call be taken back, not two.
    const call = { id: 'call_1', type: 'function', function: { name: 'first', arguments: '{"n": 1}' } }
    const history = (calls: object[]) => [...request.messages, { role: 'assistant', content: null, tool_calls: calls }]
    const taken = { ...request, max_tokens: 5, tool_choice: 'none' }
    expect((await client.post('chat', { ...taken, messages: history([call]) })).status).toBe(200)
    const refused = await errorOf(await client.post('chat', { ...taken, messages: history([call, call]) }))
    expect(refused).toMatchObject({ status: 400, param: 'messages' })
  })

  it('says length where a call is cut', async () => {
    const { choices } = await openAiClient(bare).chat({ ...named, max_tokens: 8 })
    expect(choices[0]?.finish_reason).toBe('length')
  })
})
