import { tool } from '@langchain/core/tools'
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type RunningService, startService } from '../api/running-service.ts'
import { openTinyEmbeddings } from '../embedding/tiny-embeddings.ts'

let service: RunningService
let chat: (fields?: object) => ChatOpenAI
beforeAll(async () => {
  service = await startService({ slots: 4, maxContext: 1024, embeddings: await openTinyEmbeddings() })
  chat = (fields = {}) =>
    new ChatOpenAI({
      ...{ model: 'scripted', apiKey: 'none', maxTokens: 30, maxRetries: 0, modelKwargs: { seed: 5 } },
      configuration: { baseURL: `${service.url}/v1` },
      ...fields,
    })
})
afterAll(() => service.stop())

/** Its own type of it is `never`. */
const outputTokensOf = ({ usage_metadata: usage }: { usage_metadata?: unknown }) =>
  (usage as { output_tokens: number } | undefined)?.output_tokens

describe('@langchain/openai', { timeout: 60_000 }, () => {
  it('answers whole and streamed alike, with usage', async () => {
    const whole = await chat().invoke('Once upon a time')
    let text = ''
    let outputTokens: number | undefined
    for await (const chunk of await chat().stream('Once upon a time')) {
      text += chunk.content
      outputTokens = outputTokensOf(chunk) ?? outputTokens
    }
    expect(text).toBe(whole.content)
    expect(outputTokens).toBe(outputTokensOf(whole))
    expect(outputTokens).toBeGreaterThan(0)
  })

  it('calls tools', async () => {
    const double = tool(({ n }) => n * 2, {
      ...{ name: 'double', description: 'Doubles', schema: z.object({ n: z.int().min(0).max(9) }) },
    })
    const model = chat({ maxTokens: 200 }).bindTools([double], { tool_choice: 'double' })
    const answer = await model.invoke('Double three')
    expect(answer.tool_calls).toEqual([
      { type: 'tool_call', id: expect.stringMatching(/^call_/), name: 'double', args: { n: expect.any(Number) } },
    ])
    const streamed = await model.stream('Double three')
    let joined: Awaited<ReturnType<typeof model.invoke>> | undefined
    for await (const chunk of streamed) joined = joined ? joined.concat(chunk) : chunk
    expect(joined?.tool_calls?.[0]?.args).toEqual(answer.tool_calls?.[0]?.args)
  })

  it('gives structured output, by a schema and by a tool', async () => {
    const schema = z.object({ ok: z.boolean(), size: z.enum(['small', 'large']) })
    for (const method of ['jsonSchema', 'functionCalling'] as const) {
      const answer = await chat({ maxTokens: 200 })
        .withStructuredOutput(schema, { name: 'answer', method })
        .invoke('Hi')
      expect(schema.parse(answer)).toBeTruthy()
    }
  })

  it('embeds documents and queries, by meaning', async () => {
    const embeddings = new OpenAIEmbeddings({
      ...{ model: 'tiny', apiKey: 'none', maxRetries: 0, batchSize: 2 },
      configuration: { baseURL: `${service.url}/v1` },
    })
    const documents = await embeddings.embedDocuments(['the boiler', 'the printer', 'the valve'])
    const query = await embeddings.embedQuery('a furnace')
    const similar = documents.map((one) => one.reduce((sum, value, i) => sum + value * query[i]!, 0))
    expect(similar.indexOf(Math.max(...similar))).toBe(0)
    expect(similar[0]).toBeGreaterThan(0.9)
  })

  it('names what is wrong', async () => {
    await expect(chat({ maxTokens: 5000 }).invoke('Hi')).rejects.toThrow(/context left/)
    await expect(chat({ model: 'gpt-9' }).invoke('Hi')).rejects.toThrow(/gpt-9/)
  })

  it('leaves a stream without harm to the next one', async () => {
    for await (const _ of await chat({ maxTokens: 900 }).stream('Hi')) break
    expect((await chat().invoke('Hi')).content).toBeTruthy()
  })
})
