// A load on a streaming server over HTTP: N requests, C at a time, each with a prompt of its own.

import { decodeMs, largestGapMs, readStream, type Server, type StreamTimes, ttftMs } from './http-stream.ts'
import { uniquePrompt } from './prompts.ts'
import { median, quantile } from './statistics.ts'

export interface Load {
  concurrency: number
  requests: number
  promptTokens: number
  newTokens: number
}

export interface LoadFigures {
  concurrency: number
  tokensPerSecond: number
  ttftP50Ms: number
  ttftP95Ms: number
  /** Median over the streams of each one's largest gap between two tokens. */
  largestGapP50Ms: number
  /** The slowest decode, first to last token, by the median one. */
  slowestToMedianDecode: number
}

export async function runLoad(server: Server, load: Load): Promise<LoadFigures> {
  const streams: StreamTimes[] = []
  const startedAt = performance.now()
  let left = load.requests
  const client = async () => {
    while (left-- > 0) {
      const prompt = uniquePrompt(load.promptTokens)
      streams.push(await readStream(server, { prompt, maxTokens: load.newTokens }))
    }
  }
  await Promise.all(Array.from({ length: load.concurrency }, client))
  const seconds = (performance.now() - startedAt) / 1000
  const decodes = streams.map(decodeMs)
  return {
    concurrency: load.concurrency,
    // Not as counted by the servers: both were told to ignore the end of the text.
    tokensPerSecond: (streams.length * load.newTokens) / seconds,
    ttftP50Ms: median(streams.map(ttftMs)),
    ttftP95Ms: quantile(streams.map(ttftMs), 0.95),
    largestGapP50Ms: median(streams.map(largestGapMs)),
    slowestToMedianDecode: Math.max(...decodes) / median(decodes),
  }
}
