// A load on a streaming server over HTTP: N requests, C at a time, each with a prompt of its own.

import { createParser } from 'eventsource-parser'
import { median, quantile } from './statistics.ts'

export interface LoadTarget {
  url: string
  /** `native`: our /generate/stream. `openai`: a /v1/completions, as llama-server has it. */
  kind: 'native' | 'openai'
}

export interface Load {
  concurrency: number
  requests: number
  promptTokens: number
  newTokens: number
  /** What every prompt begins with; without it a story about words. */
  promptPrefix?: string
}

export interface LoadFigures {
  concurrency: number
  tokensPerSecond: number
  ttftP50Ms: number
  ttftP95Ms: number
  /** Median over the streams of each one's largest gap between two tokens. */
  largestGapP50Ms: number
  /** First to last token. */
  decodeP50Ms: number
  decodeMaxMs: number
}

interface StreamTimes {
  ttftMs: number
  decodeMs: number
  gapMs: number
  tokens: number
}

const words = 'server database timeout memory process request error build test module network disk cache thread'.split(
  ' ',
)

/** Different in every call, so that no cache answers; about `tokens` tokens of English words. */
function prompt(load: Load, index: number): string {
  let state = (index + 1) * 7919 + Math.floor(performance.now())
  const next = () => (state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff)
  const text = Array.from({ length: load.promptTokens - 14 }, () => words[next() % words.length]).join(' ')
  return `${load.promptPrefix ?? ''}A story about item ${next()}: ${text}\nThe story:`
}

export async function runLoad(target: LoadTarget, load: Load): Promise<LoadFigures> {
  const streams: StreamTimes[] = []
  const startedAt = performance.now()
  let next = 0
  const client = async () => {
    while (next < load.requests) streams.push(await stream(target, load, next++))
  }
  await Promise.all(Array.from({ length: load.concurrency }, client))
  const seconds = (performance.now() - startedAt) / 1000
  const of = (key: keyof StreamTimes) => streams.map((times) => times[key])
  return {
    concurrency: load.concurrency,
    tokensPerSecond: of('tokens').reduce((sum, tokens) => sum + tokens, 0) / seconds,
    ttftP50Ms: median(of('ttftMs')),
    ttftP95Ms: quantile(of('ttftMs'), 0.95),
    largestGapP50Ms: median(of('gapMs')),
    decodeP50Ms: median(of('decodeMs')),
    decodeMaxMs: Math.max(...of('decodeMs')),
  }
}

/** @throws Error where the answer is not a stream, or a stream ends without its end */
async function stream(target: LoadTarget, load: Load, index: number): Promise<StreamTimes> {
  const common = { prompt: prompt(load, index), max_tokens: load.newTokens, temperature: 0.8, ignore_eos: true }
  const body = target.kind === 'native' ? common : { ...common, stream: true }
  const sentAt = performance.now()
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(target.url, { method: 'POST', headers, body: JSON.stringify(body) })
  if (!response.ok || !response.body)
    throw new Error(`${target.url} answered ${response.status}: ${await response.text()}`)
  const times: number[] = []
  let ended = false
  const parser = createParser({
    onEvent: ({ event, data }) => {
      if (data === '[DONE]' || event === 'done') ended = true
      else if (event === 'error') throw new Error(data)
      else if (event === 'token' || (event === undefined && JSON.parse(data).choices?.[0]?.text !== undefined)) {
        times.push(performance.now())
      }
    },
  })
  const decoder = new TextDecoder()
  for await (const chunk of response.body) parser.feed(decoder.decode(chunk, { stream: true }))
  if (!ended || times.length === 0) throw new Error(`a stream of ${target.url} broke off after ${times.length} tokens`)
  const gaps = times.slice(1).map((at, i) => at - times[i]!)
  return {
    ttftMs: times[0]! - sentAt,
    decodeMs: times.at(-1)! - times[0]!,
    gapMs: Math.max(0, ...gaps),
    tokens: load.newTokens,
  }
}
