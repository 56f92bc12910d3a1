// An analysis by a running service, followed event by event.

import { EventSourceParserStream } from 'eventsource-parser/stream'
import { AppError } from '../errors.ts'
import { errorOfResponse } from '../llm/wire-error.ts'
import { type Analysis, analysisSchema } from '../logs/analysis.ts'
import { decodeText } from './decode-text.ts'

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
