// One streamed answer over HTTP, and when each of its tokens came.

import { createParser, type EventSourceMessage } from 'eventsource-parser'

export interface Server {
  url: string
  /** `native`: our /generate/stream. `openai`: a /v1/completions, as llama-server has it. */
  kind: 'native' | 'openai'
  /** Instead of the one in API_KEY. */
  key?: string
}

export interface StreamRequest {
  prompt: string
  maxTokens: number
  /** Fields that both kinds of server take; the default has them generate exactly `maxTokens`. */
  sampling?: Record<string, unknown>
}

export interface StreamTimes {
  sentAt: number
  /** One entry for each event that brought a token. */
  tokenAt: number[]
  /** As the server counts them. */
  tokens: number
}

export interface StreamWatch {
  /** The server has taken the request: it knows its place among the others. */
  accepted?: () => void
  token?: () => void
}

export const ttftMs = ({ sentAt, tokenAt }: StreamTimes) => tokenAt[0]! - sentAt
export const decodeMs = ({ tokenAt }: StreamTimes) => tokenAt.at(-1)! - tokenAt[0]!
export const largestGapMs = ({ tokenAt }: StreamTimes) =>
  tokenAt.reduce((largest, at, i) => Math.max(largest, at - (tokenAt[i - 1] ?? at)), 0)

/** @throws Error where the answer is not a stream, or the stream fails or breaks off */
export async function readStream(
  server: Server,
  request: StreamRequest,
  watch: StreamWatch = {},
): Promise<StreamTimes> {
  const { prompt, maxTokens, sampling = { temperature: 0.8, ignore_eos: true } } = request
  const body = { prompt, max_tokens: maxTokens, ...sampling, ...(server.kind === 'openai' && { stream: true }) }
  const times: StreamTimes = { sentAt: performance.now(), tokenAt: [], tokens: 0 }
  const key = server.key ?? process.env.API_KEY?.trim()
  const headers = { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }) }
  const response = await fetch(server.url, { method: 'POST', headers, body: JSON.stringify(body) })
  if (!response.ok || !response.body)
    throw new Error(`${server.url} answered ${response.status}: ${await response.text()}`)
  let ended = false
  const onEvent = ({ event, data }: EventSourceMessage) => {
    if (event === 'error') throw new Error(`${server.url}: ${data}`)
    if (event === 'queued') watch.accepted?.()
    else if (data === '[DONE]') ended = true
    else if (event === 'done') {
      ended = true
      times.tokens = JSON.parse(data).tokens_generated
    } else if (event === 'token') take()
    else if (event === undefined) readChunk(JSON.parse(data))
  }
  const take = () => {
    times.tokenAt.push(performance.now())
    watch.token?.()
  }
  const readChunk = (chunk: { choices?: { text?: string }[]; timings?: { predicted_n?: number } }) => {
    if (chunk.choices?.[0]?.text) take()
    times.tokens = chunk.timings?.predicted_n ?? times.tokens
  }
  const parser = createParser({ onEvent })
  const decoder = new TextDecoder()
  for await (const chunk of response.body) parser.feed(decoder.decode(chunk, { stream: true }))
  if (!ended || times.tokenAt.length === 0)
    throw new Error(`a stream of ${server.url} broke off after ${times.tokenAt.length} tokens`)
  times.tokens ||= times.tokenAt.length
  return times
}
