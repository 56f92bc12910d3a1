// An analysis by a running service, followed event by event, also across a connection that breaks.

import { Connection, posted } from '../client/connection.ts'
import type { AnalyzeEvent } from '../client/types.ts'
import { AppError } from '../errors.ts'
import { serviceJob } from '../llm/service-job.ts'
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

/** @throws AppError with what the service answered; `unavailable` where there is none, or its connections go on breaking */
export async function analyzeAtService(
  log: Buffer,
  { url, key, type, seed, maxTokens }: ServiceOptions,
  progress: Progress,
): Promise<{ analysis: Analysis; full_text: string }> {
  const query = new URLSearchParams({ log_type: type })
  if (seed !== undefined) query.set('seed', String(seed))
  if (maxTokens !== undefined) query.set('max_tokens', String(maxTokens))
  const events = serviceJob<AnalyzeEvent>(new Connection(url, { apiKey: key }), {
    path: `/workflows/analyze-log/stream?${query}`,
    init: posted(new Uint8Array(log), 'application/octet-stream'),
    stopWhenLeft: true,
  })
  for await (const event of events) {
    if (event.type === 'stage') progress.stage(event.stage, event.counts)
    if (event.type === 'token') progress.token()
    if (event.type !== 'done') continue
    if (event.analysis === undefined) break
    return { analysis: analysisSchema.parse(event.analysis), full_text: event.full_text }
  }
  throw new AppError('unavailable', 'the analysis was stopped before its end')
}
