import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { embeddingListSchema, modelListSchema } from '../../../src/api/openai/wire-schemas.ts'
import type { Embeddings } from '../../../src/embedding/embeddings.ts'
import { Embeddings as OfEncoder } from '../../../src/embedding/embeddings.ts'
import { openTinyEmbeddings } from '../../embedding/tiny-embeddings.ts'
import { vocabulary } from '../../embedding/tiny-encoder.ts'
import { type RunningService, startService } from '../running-service.ts'
import { post } from '../sse-client.ts'
import { errorOf } from './openai-client.ts'

let service: RunningService
let embeddings: Embeddings
beforeAll(async () => {
  embeddings = await openTinyEmbeddings({ config: { matryoshka_dimensions: [12] } })
  service = await startService({ workers: 0, embeddings, env: { RATE_LIMIT_TOKENS: '5000' } })
})
afterAll(() => service?.stop())

const ask = (body: unknown, init: RequestInit = {}) => post(`${service.url}/v1/embeddings`, body, init)
async function embed(body: object) {
  const response = await ask(body)
  const { data, ...rest } = embeddingListSchema.parse(await response.json())
  expect(data.map(({ index }) => index)).toEqual(data.map((_, index) => index))
  return { vectors: data.map(({ embedding }) => embedding as number[]), data, response, ...rest }
}
const floats = (base64: string) => {
  const bytes = new Uint8Array(Buffer.from(base64, 'base64'))
  return [...new Float32Array(bytes.buffer)]
}

describe('POST /v1/embeddings', () => {
  it('answers a text with its vector of length 1, and says what it cost', async () => {
    const { vectors, model, usage, response } = await embed({ input: 'boiler valve', model: 'tiny', user: 'me' })
    expect(vectors).toHaveLength(1)
    expect(vectors[0]).toHaveLength(24)
    expect(Math.hypot(...vectors[0]!)).toBeCloseTo(1, 6)
    expect({ model, usage }).toEqual({ model: 'tiny', usage: { prompt_tokens: 4, total_tokens: 4 } })
    expect(response.headers.get('x-ratelimit-remaining-tokens')).toBeTruthy()
  })

  it('answers many texts of all lengths in their order, each as by itself', async () => {
    const words = vocabulary.slice(4)
    const input = Array.from({ length: 150 }, (_, i) => words.slice(i % 9, (i % 9) + 1 + (i % 7)).join(' '))
    const { vectors } = await embed({ input })
    expect(vectors).toHaveLength(150)
    for (const at of [0, 77, 149]) {
      const alone = (await embed({ input: input[at] })).vectors[0]!
      for (const [i, value] of vectors[at]!.entries()) expect(value).toBeCloseTo(alone[i]!, 5)
    }
  })

  it('gives base64 of the same float32 values', async () => {
    const input = ['boiler', 'the printer tray']
    const asFloats = await embed({ input, encoding_format: 'float' })
    const { data } = await embed({ input, encoding_format: 'base64' })
    expect(data.map(({ embedding }) => floats(embedding as string))).toEqual(asFloats.vectors)
  })

  it('takes token ids as they are, of one text or of several', async () => {
    const ids = ['[CLS]', 'boiler', 'lost', '[SEP]'].map((word) => vocabulary.indexOf(word))
    const { vectors } = await embed({ input: 'boiler lost' })
    expect((await embed({ input: ids })).vectors).toEqual(vectors)
    expect((await embed({ input: [ids, ids] })).vectors).toEqual([...vectors, ...vectors])
  })

  it('takes any text that is one: NULs, spaces, special tokens, 2048 of them', async () => {
    const { vectors } = await embed({ input: ['boiler', 'boi\u0000ler', ' ', '[SEP][SEP]', '🦆'] })
    expect(vectors[1]).toEqual(vectors[0])
    const many = Array.from({ length: 2048 }, () => [vocabulary.indexOf('tap')])
    expect((await embed({ input: many })).vectors).toHaveLength(2048)
  })

  it('shortens vectors where the model was trained for that', async () => {
    const whole = (await embed({ input: 'boiler' })).vectors[0]!
    const [short] = (await embed({ input: 'boiler', dimensions: 12 })).vectors
    const length = Math.hypot(...whole.slice(0, 12))
    for (const [i, value] of short!.entries()) expect(value).toBeCloseTo(whole[i]! / length, 5)
    expect((await embed({ input: 'boiler', dimensions: 24 })).vectors[0]).toEqual(whole)
  })

  it.each<[string, object, string, RegExp, string?]>([
    ['no input', {}, 'input', /input is missing/],
    ['an object', { input: { text: 'a' } }, 'input', /input is an object/],
    ['an empty text', { input: '' }, 'input', /input is ""; allowed: at least 1 character/],
    ['an empty list', { input: [] }, 'input', /empty list; allowed: at least 1 item/],
    ['an empty text in a list', { input: ['a', ''] }, 'input[1]', /input\[1\] is ""/],
    ['texts and others', { input: ['a', 5] }, 'input[1]', /input\[1\] is 5; allowed: a text/],
    ['null in a list', { input: [null, 'a'] }, 'input[0]', /input\[0\] is null/],
    ['no ids in a list', { input: [[4], []] }, 'input[1]', /empty list; allowed: at least 1 token id/],
    ['an id that is none', { input: [[4, 999]] }, 'input[0][1]', /is 999; allowed: a token id, from 0 to \d+/],
    ['half an id', { input: [4, 0.5] }, 'input[1]', /is 0.5; allowed: a token id/],
    ['half a character', { input: 'a\ud83d' }, 'input', /lone surrogate/],
    [
      'too many texts',
      { input: Array.from({ length: 2049 }, () => 'a') },
      'input',
      /list of 2049 items; allowed: at most 2048/,
    ],
    [
      'a long text',
      { input: ['a', 'boiler '.repeat(15)] },
      'input[1]',
      /input\[1\] has 17 tokens; allowed: at most 16/,
      'context_length_exceeded',
    ],
    ['a very long text', { input: 'a'.repeat(100_000) }, 'input', /has 100000 characters/, 'context_length_exceeded'],
    ['many ids', { input: Array.from({ length: 17 }, () => 4) }, 'input', /has 17 tokens/, 'context_length_exceeded'],
    ['dimensions', { input: 'a', dimensions: 5 }, 'dimensions', /dimensions is 5; allowed: 24 or one of 12/],
    ['a format', { input: 'a', encoding_format: 'int8' }, 'encoding_format', /allowed: "float", "base64"/],
    [
      'more tokens than a minute has',
      { input: Array.from({ length: 400 }, () => 'a '.repeat(14)) },
      'input',
      /may use 6400 tokens/,
    ],
  ])('refuses %s by its name', async (_, body, param, message, code = 'invalid_request') => {
    const error = await errorOf(await ask(body))
    expect(error).toMatchObject({ status: 400, type: 'invalid_request_error', param, code })
    expect(error.message).toMatch(message)
  })

  it('knows which model is for what', async () => {
    const { data } = modelListSchema.parse(await (await fetch(`${service.url}/v1/models`)).json())
    expect(data).toMatchObject([{ id: 'scripted' }, { id: 'tiny', max_model_len: 16, embedding_dimensions: 24 }])
    expect((await fetch(`${service.url}/v1/models/tiny`)).status).toBe(200)
    expect((await embed({ input: 'a', model: 'default' })).model).toBe('tiny')
    const wrong = await errorOf(await ask({ input: 'a', model: 'scripted' }))
    expect(wrong).toMatchObject({ status: 404, code: 'model_not_found', param: 'model' })
    expect(wrong.message).toBe(
      'the model "scripted" is not an embedding model; this route has "tiny", also called "default"',
    )
    const chat = { model: 'tiny', messages: [{ role: 'user', content: 'a' }] }
    const other = await errorOf(await post(`${service.url}/v1/chat/completions`, chat))
    expect(other.message).toMatch(/"tiny" is an embedding model; this route has "scripted"/)
    expect((await errorOf(await ask({ input: 'a', model: 'gpt' }))).message).toMatch(/"gpt" does not exist; .*"tiny"/)
  })

  it('counts what it has done', async () => {
    await embed({ input: 'boiler' })
    const metrics = await (await fetch(`${service.url}/metrics`)).text()
    expect(metrics).toMatch(/^workflowai:embedding_tokens_total [1-9]/m)
    expect(metrics).toMatch(/^workflowai:embedding_tokens_waiting 0$/m)
  })
})

describe('embeddings that wait', () => {
  it('are refused with Retry-After when there are too many, and are dropped when their client leaves', async () => {
    const go: (() => void)[] = []
    const slow = new OfEncoder({
      info: { ...embeddings.line.info, maxTokens: 8192 },
      tokenize: async (texts) => texts.map(() => [2, 3]),
      encode: async (texts) => {
        await new Promise<void>((resolve) => go.push(resolve))
        return texts.map(() => new Float32Array(24))
      },
      close: async () => {},
    })
    const one = await startService({ workers: 0, embeddings: slow })
    try {
      const leave = new AbortController()
      const input = Array.from({ length: 36 }, () => new Array<number>(8192).fill(4))
      const send = () => post(`${one.url}/v1/embeddings`, { input }, { signal: leave.signal }).catch(() => null)
      const waiting = [send(), send()]
      // The knowledge base has a few waiting as well.
      await vi.waitFor(() => expect(slow.line.waitingTokens).toBeGreaterThanOrEqual(2 * 36 * 8192), 20_000)
      const refused = await post(`${one.url}/v1/embeddings`, { input })
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
      expect(await errorOf(refused)).toMatchObject({ status: 429, code: 'queue_full', type: 'rate_limit_error' })
      leave.abort()
      await Promise.all(waiting)
      await vi.waitFor(() => expect(slow.line.waitingTokens).toBeLessThan(36 * 8192), 20_000)
    } finally {
      for (const resolve of go) resolve()
      await one.stop()
    }
  })

  it('take their tokens from the minute of their key, and give them back when nothing came of it', async () => {
    const failing = new OfEncoder({
      info: embeddings.line.info,
      tokenize: async (texts) => texts.map(() => [2, 3]),
      encode: async () => {
        throw new Error('the graph failed')
      },
      close: async () => {},
    })
    const one = await startService({ workers: 0, embeddings: failing, env: { RATE_LIMIT_TOKENS: '10' } })
    try {
      const send = () => post(`${one.url}/v1/embeddings`, { input: ['a', 'b', 'c', 'd'] })
      for (let i = 0; i < 3; i++) expect((await send()).status).toBe(500)
    } finally {
      await one.stop()
    }
  })
})

it('a service without an embedding model says which setting to set', async () => {
  const one = await startService({ workers: 0 })
  try {
    const error = await errorOf(await post(`${one.url}/v1/embeddings`, { input: 'a', model: 'text-embedding-3-small' }))
    expect(error).toMatchObject({ status: 404, code: 'model_not_found', param: 'model' })
    expect(error.message).toMatch(/EMBEDDING_MODEL/)
  } finally {
    await one.stop()
  }
})
