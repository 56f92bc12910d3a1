// One analysis, as the events of its job: progress, the prose token by token, then the result. Exactly one call of the
// model, whose prompt depends on the reduced log alone, so that a second attempt can go on where the first one died.

import { AppError, toAppError } from '../errors.ts'
import type { Analysis } from '../logs/analysis.ts'
import type { ReducedLog } from '../logs/reduced-log.ts'
import type { Stage, Usage } from '../stream/events.ts'
import type { GenerateTransport, TokenChunk } from './generate-transport.ts'
import { createLogAnalyzer } from './log-analyzer.ts'
import { ModelServiceLLM } from './model-service-llm.ts'
import type { ModelServiceParams } from './model-service-params.ts'
import { summaryOf } from './prose-summary.ts'
import { TappedTransport } from './tapped-transport.ts'

export interface AnalyzeLogInput {
  reduced: ReducedLog
  transport: GenerateTransport
  sampling: Omit<ModelServiceParams, 'maxTokens'>
  maxTokens: number
  /** Aborting makes the iteration throw the signal's reason: nobody wants the result any more. */
  signal?: AbortSignal | undefined
  model?: string | null
  /** Milliseconds for the prose; after them the result is `partial` with what was said until then. */
  proseTimeoutMs?: number
  /** What earlier attempts have streamed: it begins `full_text` and isn't yielded again. */
  resumedText?: string
  /** Stages that earlier attempts have reported. */
  resumedStages?: readonly Stage[]
}

export type AnalyzeLogItem =
  | { type: 'stage'; stage: Stage; counts: Record<string, number> }
  | TokenChunk
  | {
      type: 'result'
      /** Every token's text, joined. */
      full_text: string
      analysis: Analysis
      finish_reason: Analysis['finish_reason']
      /** null: the model never came to an end. */
      usage: Usage | null
      /** Why the prose is missing or incomplete, where it failed. */
      error: AppError | null
    }

/**
 * Yields stages, tokens and, last, one result; a model that fails or is too slow gives a `partial` one.
 * Throws only what another attempt can repair (`engine_crashed`) and the reason of an abort.
 */
export async function* analyzeLog(input: AnalyzeLogInput): AsyncGenerator<AnalyzeLogItem, void, undefined> {
  const { reduced, resumedText = '', resumedStages = [] } = input
  const stages: [Stage, Record<string, number>][] = [
    ['reading', reduced.counts.reading],
    ['redacting', reduced.counts.redacting],
    ['reducing', reduced.counts.reducing],
    ['explaining', { prompt_log_tokens: reduced.tokens }],
  ]
  for (const [stage, counts] of stages) if (!resumedStages.includes(stage)) yield { type: 'stage', stage, counts }

  const tap = new TappedTransport(input.transport)
  let text = resumedText
  let error: AppError | null = null
  const timeout = input.proseTimeoutMs === undefined ? null : AbortSignal.timeout(input.proseTimeoutMs)
  try {
    for await (const token of proseTokens(input, tap, timeout)) {
      text += token.text
      yield token
    }
  } catch (thrown) {
    input.signal?.throwIfAborted()
    error = timeout?.aborted
      ? new AppError('deadline_exceeded', `the explanation took longer than ${input.proseTimeoutMs} ms`)
      : toAppError(tap.failure ?? thrown, 'engine_failed')
    if (error.code === 'engine_crashed') throw error
  }
  // LangChain may end a stream quietly on abort; the caller must not take that for an answer.
  input.signal?.throwIfAborted()
  if (error === null && tap.end === null)
    error = new AppError('engine_failed', 'the model ended without a finish reason')

  const finish_reason = error === null && tap.end !== null ? tap.end.reason : 'error'
  const usage = tap.end?.usage ?? null
  const analysis = assemble(reduced, text, finish_reason, usage, input.model ?? null)
  yield { type: 'result', full_text: text, analysis, finish_reason, usage, error }
}

/** The tokens behind the analyzer's text: each as soon as the text that follows from it has come out of the chain. */
async function* proseTokens(
  { reduced, sampling, maxTokens, signal, model }: AnalyzeLogInput,
  tap: TappedTransport,
  timeout: AbortSignal | null,
): AsyncGenerator<TokenChunk> {
  const llm = new ModelServiceLLM({ transport: tap, maxRetries: 0, ...sampling, maxTokens, ...(model && { model }) })
  const signals = [signal, timeout].filter((each) => each !== undefined && each !== null)
  try {
    const stream = await createLogAnalyzer({ llm }).stream(reduced, { signal: AbortSignal.any(signals) })
    for await (const _ of stream) yield* tap.take()
  } catch (thrown) {
    // What the model said before it failed belongs to the result.
    yield* tap.take()
    throw thrown
  }
  yield* tap.take()
}

function assemble(
  reduced: ReducedLog,
  prose: string,
  finish_reason: Analysis['finish_reason'],
  usage: Usage | null,
  model: string | null,
): Analysis {
  const { diagnosis, reduction, redaction } = reduced
  const complete = finish_reason === 'stop' ? 'ok' : 'partial'
  return {
    ...diagnosis,
    status: diagnosis.root_cause === null ? 'no_failure_found' : complete,
    summary: summaryOf(diagnosis, prose),
    reduction,
    redaction,
    usage,
    model,
    finish_reason,
  }
}
