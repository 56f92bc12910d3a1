// Usage as LangChain's JavaScript tracers read it, and sums of it over prompts.

import type { Usage } from '../stream/events.ts'
import type { EndChunk } from './generate-transport.ts'

/** In the names that LangChain's JavaScript tracers look for, beside those of the wire. */
export function endInfo({ reason, usage }: EndChunk) {
  return { finish_reason: reason, usage, tokenUsage: sumOf([usage]) }
}

interface TokenUsage {
  promptTokens: number
  completionTokens: number
  totalTokens: number
}

export function sumOf(usages: (Usage | TokenUsage | undefined)[]): TokenUsage {
  const sum = { promptTokens: 0, completionTokens: 0, totalTokens: 0 }
  for (const usage of usages) {
    if (usage === undefined) continue
    const given = 'promptTokens' in usage ? usage : fromWire(usage)
    sum.promptTokens += given.promptTokens
    sum.completionTokens += given.completionTokens
    sum.totalTokens += given.totalTokens
  }
  return sum
}

function fromWire(usage: Usage): TokenUsage {
  return {
    promptTokens: usage.prompt_tokens,
    completionTokens: usage.completion_tokens,
    totalTokens: usage.total_tokens,
  }
}
