// What the end of a job says, wherever it is written: by its worker, or by an API when no worker has it.

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

/**
 * The times of a job that ends now.
 * @param now on Redis's clock, as the times of the record are, ms since the epoch
 * @param tokens generated in all attempts
 */
export function timingsOf(
  { created_at, opened_at, first_token_at }: Pick<JobRecord, 'created_at' | 'opened_at' | 'first_token_at'>,
  now: number,
  tokens: number,
): Timings {
  const decodeMs = first_token_at === undefined ? 0 : now - first_token_at
  return {
    queued_ms: Math.max(0, Math.round((opened_at ?? now) - created_at)),
    ttft_ms: first_token_at === undefined ? null : Math.round(first_token_at - created_at),
    total_ms: Math.max(0, Math.round(now - created_at)),
    tokens_per_second: tokens > 1 && decodeMs > 0 ? Math.round(((tokens - 1) / decodeMs) * 10_000) / 10 : null,
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
