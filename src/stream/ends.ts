// The end of a job that somebody stopped, wherever it is written: by its worker, or by an API when no worker has it.

import type { NewEvent, Timings, Usage } from './events.ts'
import type { JobRecord } from './job-record.ts'

export function usageOf(promptTokens: number, completionTokens: number, cachedTokens = 0): Usage {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    cached_tokens: cachedTokens,
  }
}

export function cancelledEnd(record: JobRecord, tokens: number, timings: Timings, model: string | null): NewEvent {
  return {
    type: 'done',
    reason: 'cancelled',
    tokensGenerated: tokens,
    usage: usageOf(record.prompt_tokens, tokens),
    timings,
    model,
    seed: record.seed,
  }
}
