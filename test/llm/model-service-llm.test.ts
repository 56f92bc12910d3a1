import { HumanMessage, SystemMessage } from '@langchain/core/messages'
import { StringOutputParser } from '@langchain/core/output_parsers'
import { ChatPromptTemplate } from '@langchain/core/prompts'
import { describe, expect, it } from 'vitest'
import { AppError } from '../../src/errors.ts'
import { ModelServiceLLM } from '../../src/llm/model-service-llm.ts'
import { ScriptedTransport, usageFor } from './scripted-transport.ts'

const words = ['The', ' build', '', ' failed', '.']
const text = 'The build failed.'

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

describe('ModelServiceLLM', () => {
  it('answers invoke with the joined tokens', async () => {
    const llm = new ModelServiceLLM({ transport: new ScriptedTransport({ words }) })
    expect(await llm.invoke('why?')).toBe(text)
  })

  it('streams token by token, and the pieces joined are what invoke returns', async () => {
    const llm = new ModelServiceLLM({ transport: new ScriptedTransport({ words }) })
    const pieces = await collect(await llm.stream('why?'))
    expect(pieces.filter((piece) => piece !== '')).toEqual(words.filter((word) => word !== ''))
    expect(pieces.join('')).toBe(text)
  })

  it('sends its parameters in the names of the wire, those of a call over its own', async () => {
    const transport = new ScriptedTransport({ words })
    const llm = new ModelServiceLLM({ transport, maxTokens: 64, temperature: 0.2, seed: 7, stop: ['\n\n'] })
    await llm.invoke('why?', { temperature: 0, topK: 5 })
    expect(transport.requests).toEqual([
      { prompt: 'why?', max_tokens: 64, temperature: 0, seed: 7, top_k: 5, stop: ['\n\n'] },
    ])
  })

  it('takes stop strings bound to it', async () => {
    const transport = new ScriptedTransport({ words })
    await new ModelServiceLLM({ transport }).withConfig({ stop: ['END'] }).invoke('why?')
    expect(transport.requests[0]?.stop).toEqual(['END'])
  })

  it('runs a batch, each prompt with its own answer', async () => {
    const transport = new ScriptedTransport(({ prompt }) => ({ words: ['re: ', prompt ?? ''] }))
    const llm = new ModelServiceLLM({ transport })
    expect(await llm.batch(['a', 'b', 'c'], { maxConcurrency: 2 })).toEqual(['re: a', 're: b', 're: c'])
  })

  it('reports new tokens, the start and the end to callbacks while it streams', async () => {
    const llm = new ModelServiceLLM({ transport: new ScriptedTransport({ words }) })
    const seen: string[] = []
    const events: string[] = []
    const callbacks = [
      {
        handleLLMStart: () => void events.push('start'),
        handleLLMNewToken: (token: string) => void seen.push(token),
        handleLLMEnd: () => void events.push('end'),
      },
    ]
    await collect(await llm.stream('why?', { callbacks }))
    expect(seen).toEqual(words)
    expect(events).toEqual(['start', 'end'])
  })

  it('reports new tokens of invoke only when it is told to stream', async () => {
    const seen: string[] = []
    const callbacks = [{ handleLLMNewToken: (token: string) => void seen.push(token) }]
    await new ModelServiceLLM({ transport: new ScriptedTransport({ words }) }).invoke('why?', { callbacks })
    expect(seen).toEqual([])
    await new ModelServiceLLM({ transport: new ScriptedTransport({ words }), streaming: true }).invoke('why?', {
      callbacks,
    })
    expect(seen).toEqual(words)
  })

  it('gives finish reason and usage with the generation, and the sum over prompts', async () => {
    const llm = new ModelServiceLLM({ transport: new ScriptedTransport({ words, reason: 'length' }) })
    const result = await llm.generate(['a', 'b'])
    expect(result.generations[0]?.[0]?.generationInfo).toMatchObject({ finish_reason: 'length', usage: usageFor(5) })
    expect(result.llmOutput).toEqual({ tokenUsage: { promptTokens: 20, completionTokens: 10, totalTokens: 30 } })
  })

  it('emits stream events of a language model', async () => {
    const llm = new ModelServiceLLM({ transport: new ScriptedTransport({ words }) })
    const names = (await collect(llm.streamEvents('why?', { version: 'v2' }))).map((event) => event.event)
    expect(names[0]).toBe('on_llm_start')
    expect(names.filter((name) => name === 'on_llm_stream').length).toBeGreaterThanOrEqual(4)
    expect(names.at(-1)).toBe('on_llm_end')
  })

  it.each([
    ['invoke', (llm: ModelServiceLLM, input: (SystemMessage | HumanMessage)[]) => llm.invoke(input)],
    [
      'stream',
      async (llm: ModelServiceLLM, input: (SystemMessage | HumanMessage)[]) =>
        (await collect(await llm.stream(input))).join(''),
    ],
  ])('keeps messages as messages for the chat template in %s', async (_, call) => {
    const transport = new ScriptedTransport({ words })
    const answer = await call(new ModelServiceLLM({ transport }), [
      new SystemMessage('Be brief.'),
      new HumanMessage('why?'),
    ])
    expect(answer).toBe(text)
    expect(transport.requests).toEqual([
      {
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: 'why?' },
        ],
      },
    ])
  })

  it('works in a chain of prompt, model and parser', async () => {
    const transport = new ScriptedTransport({ words })
    const prompt = ChatPromptTemplate.fromMessages([['human', 'Explain {what}']])
    const chain = prompt.pipe(new ModelServiceLLM({ transport })).pipe(new StringOutputParser())
    expect((await collect(await chain.stream({ what: '{braces}' }))).join('')).toBe(text)
    expect(transport.requests[0]?.messages).toEqual([{ role: 'user', content: 'Explain {braces}' }])
  })

  it('refuses a message that holds an image, by its place', async () => {
    const llm = new ModelServiceLLM({ transport: new ScriptedTransport({ words }) })
    const image = new HumanMessage({ content: [{ type: 'image_url', image_url: { url: 'data:,' } }] })
    await expect(llm.invoke([image])).rejects.toMatchObject({ code: 'invalid_request', field: 'messages[0].content' })
  })

  it('stops the transport when the signal aborts, and throws', async () => {
    const transport = new ScriptedTransport({ words, hang: true })
    const stop = new AbortController()
    const call = new ModelServiceLLM({ transport }).invoke('why?', { signal: stop.signal })
    setTimeout(() => stop.abort(), 20)
    await expect(call).rejects.toThrow()
    await expect.poll(() => transport.stopped, { timeout: 20_000 }).toBe(1)
  })

  it('stops the transport when a stream is left early', async () => {
    const transport = new ScriptedTransport({ words, hang: true })
    for await (const _ of await new ModelServiceLLM({ transport }).stream('why?')) break
    await expect.poll(() => transport.stopped, { timeout: 20_000 }).toBe(1)
  })

  it('takes a generation without a finish reason for a failure', async () => {
    const llm = new ModelServiceLLM({ transport: new ScriptedTransport({ words, cutOff: true }) })
    await expect(llm.invoke('why?')).rejects.toMatchObject({ code: 'engine_failed' })
  })

  it('tells callbacks of a failure and throws it as it was', async () => {
    const failure = new AppError('invalid_request', 'max_tokens is too large', { field: 'max_tokens' })
    const transport = new ScriptedTransport({ words: [], failure })
    const seen: unknown[] = []
    const call = new ModelServiceLLM({ transport }).invoke('why?', {
      callbacks: [{ handleLLMError: (error) => void seen.push(error) }],
    })
    await expect(call).rejects.toBe(failure)
    expect(seen).toEqual([failure])
    expect(transport.requests).toHaveLength(1)
  })

  it('tries again when the service was full', async () => {
    let calls = 0
    const transport = new ScriptedTransport(() =>
      ++calls === 1 ? { words: [], failure: new AppError('queue_full', 'full', { retryAfterSeconds: 1 }) } : { words },
    )
    expect(await new ModelServiceLLM({ transport }).invoke('why?')).toBe(text)
    expect(calls).toBe(2)
  })
})
