import { HumanMessage, SystemMessage } from '@langchain/core/messages'
import { describe, expect, it } from 'vitest'
import { ChatModelService } from '../../src/llm/chat-model-service.ts'
import { KnowledgeBaseTool, KnowledgeRetriever } from '../../src/llm/knowledge-retriever.ts'
import { ScriptedTransport } from './scripted-transport.ts'

const words = ['The', ' build', '', ' failed', '.']
const model = (script = {}) => new ChatModelService({ transport: new ScriptedTransport({ words, ...script }) })

describe('ChatModelService', () => {
  it('answers a conversation with a message that carries its usage', async () => {
    const transport = new ScriptedTransport({ words })
    const chat = new ChatModelService({ transport, maxTokens: 9 })
    const answer = await chat
      .withConfig({ stop: ['END'] })
      .invoke([new SystemMessage('be brief'), new HumanMessage('why?')])
    expect(answer.content).toBe('The build failed.')
    expect(answer.usage_metadata).toMatchObject({ input_tokens: 10, output_tokens: 5, total_tokens: 15 })
    const messages = [
      { role: 'system', content: 'be brief' },
      { role: 'user', content: 'why?' },
    ]
    expect(transport.requests).toEqual([{ messages, max_tokens: 9, stop: ['END'] }])
  })

  it('streams what invoke returns, and tells callbacks and streamEvents each token', async () => {
    let streamed = ''
    const seen: string[] = []
    const callbacks = [{ handleLLMNewToken: (token: string) => void seen.push(token) }]
    for await (const chunk of await model().stream('why?', { callbacks })) streamed += chunk.content
    expect(streamed).toBe('The build failed.')
    expect(seen).toEqual(words)
    let told = ''
    for await (const { event, data } of model().streamEvents('why?', { version: 'v2' }))
      if (event === 'on_chat_model_stream') told += data.chunk.content
    expect(told).toBe('The build failed.')
  })

  it('runs a batch, and takes no answer for whole that broke off', async () => {
    expect((await model().batch(['a', 'b'])).map(({ content }) => content)).toEqual(Array(2).fill('The build failed.'))
    await expect(model({ cutOff: true }).invoke('why?')).rejects.toThrow('without a finish reason')
    const stop = new AbortController()
    setImmediate(() => stop.abort(new Error('enough')))
    await expect(model({ hang: true }).invoke('why?', { signal: stop.signal })).rejects.toThrow()
  })
})

describe('the knowledge base in LangChain', () => {
  it('retrieves the cases of a line as documents, and none for what it does not know', async () => {
    const retriever = new KnowledgeRetriever()
    const [first] = await retriever.invoke('bash: line 12: jq: command not found')
    expect(first).toMatchObject({ id: 'command-not-found', metadata: { category: 'dependency', source: 'seed' } })
    expect(await retriever.invoke('all is well')).toEqual([])
  })

  it('answers as a tool', async () => {
    const tool = new KnowledgeBaseTool()
    expect(await tool.invoke({ error: 'bash: line 12: jq: command not found' })).toContain('not on the PATH')
    expect(await tool.invoke({ error: 'all is well' })).toBe('No case is known.')
  })
})
