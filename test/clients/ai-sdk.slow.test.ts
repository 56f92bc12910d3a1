import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { generateText, Output, streamText, tool } from 'ai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type RunningService, startService } from '../api/running-service.ts'

let service: RunningService
let model: ReturnType<ReturnType<typeof createOpenAICompatible>>
beforeAll(async () => {
  service = await startService({ slots: 4, maxContext: 1024, stepsPerSecond: 300 })
  model = createOpenAICompatible({
    ...{ name: 'workflowai', baseURL: `${service.url}/v1`, includeUsage: true, supportsStructuredOutputs: true },
  })('scripted')
})
afterAll(() => service.stop())

const request = () => ({ model, prompt: 'Once upon a time', maxOutputTokens: 30, seed: 5, maxRetries: 0 })

describe('the AI SDK', { timeout: 60_000 }, () => {
  it('answers whole and streamed alike, with usage', async () => {
    const whole = await generateText(request())
    const stream = streamText(request())
    let text = ''
    for await (const piece of stream.textStream) text += piece
    expect(text).toBe(whole.text)
    expect(whole.finishReason).toMatch(/stop|length/)
    expect((await stream.usage).outputTokens).toBe(whole.usage.outputTokens)
    expect(whole.usage.inputTokens).toBeGreaterThan(0)
  })

  it('gives an object of a schema', async () => {
    const schema = z.object({ ok: z.boolean(), tags: z.array(z.enum(['a', 'b'])).max(2) })
    const { output } = await generateText({ ...request(), maxOutputTokens: 200, output: Output.object({ schema }) })
    expect(schema.parse(output)).toBeTruthy()
  })

  it('runs a tool', async () => {
    const inputSchema = z.object({ n: z.int().min(0).max(9) })
    const double = tool({ description: 'Doubles', inputSchema, execute: async ({ n }) => n * 2 })
    const answer = await generateText({ ...request(), maxOutputTokens: 600, tools: { double }, toolChoice: 'required' })
    expect(answer.finishReason).toBe('tool-calls')
    const { n } = inputSchema.parse(answer.toolCalls[0]?.input)
    expect(answer.toolResults[0]?.output).toBe(n * 2)
  })

  it('stops the job when it is aborted', async () => {
    const leaving = new AbortController()
    const stream = streamText({ ...request(), maxOutputTokens: 900, abortSignal: leaving.signal, onError: () => {} })
    for await (const _ of stream.textStream) break
    leaving.abort()
    const newest = async () => {
      const { jobs } = (await (await fetch(`${service.url}/jobs`)).json()) as { jobs: { state: string }[] }
      return jobs[0]?.state
    }
    await expect.poll(newest, { timeout: 20_000 }).toBe('cancelled')
  })

  it('names what is wrong', async () => {
    await expect(generateText({ ...request(), temperature: 5 })).rejects.toThrow(/temperature is 5/)
  })
})
