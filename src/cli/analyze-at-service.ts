// An analysis by a running service, followed event by event.

import { sseMessages } from '../client/sse-messages.ts'
import { AppError } from '../errors.ts'
import { codeOf, errorOfResponse } from '../llm/wire-error.ts'
import { type Analysis, analysisSchema } from '../logs/analysis.ts'

export interface ServiceOptions {
  url: string
  key: string | undefined
  type: string
  seed?: number
  maxTokens?: number
}

export interface Progress {
  stage(name: string, counts: Record<string, number>): void
  token(): void
}

/** @throws AppError with what the service answered; `unavailable` where there is none, or the stream broke off */
export async function analyzeAtService(
  log: Buffer,
  options: ServiceOptions,
  progress: Progress,
): Promise<{ analysis: Analysis; full_text: string }> {
  const response = await post(log, options)
  if (!response.ok || response.body === null) throw await errorOfResponse(response)
  for await (const { event, data } of sseMessages(response)) {
    const value = JSON.parse(data)
    if (event === 'stage') progress.stage(value.stage, value.counts)
    if (event === 'token') progress.token()
    if (event === 'error') throw new AppError(codeOf(value.code, 'engine_failed'), value.error)
    if (event !== 'done') continue
    if (value.analysis === undefined) throw new AppError('unavailable', 'the analysis was stopped before its end')
    return { analysis: analysisSchema.parse(value.analysis), full_text: value.full_text }
  }
  throw new AppError('unavailable', `${options.url} broke the stream off; try again`)
}

async function post(log: Buffer, { url, key, type, seed, maxTokens }: ServiceOptions): Promise<Response> {
  const query = new URLSearchParams({ log_type: type })
  if (seed !== undefined) query.set('seed', String(seed))
  if (maxTokens !== undefined) query.set('max_tokens', String(maxTokens))
  try {
    return await fetch(`${url.replace(/\/+$/, '')}/workflows/analyze-log/stream?${query}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/octet-stream',
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
      },
      body: new Uint8Array(log),
    })
  } catch (cause) {
    const reason = (cause as Error).cause ?? cause
    throw new AppError('unavailable', `no service answers at ${url}: ${(reason as Error).message}`, { cause })
  }
}
