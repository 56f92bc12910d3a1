// One analysis, as the events of its job: progress, what rules and cases found in words, the model's explanation token
// by token, then the result. At most one call of the model, whose prompt depends on the reduced log and the cases alone,
// so that a second attempt can go on where the first one died.

import type { RunnableConfig } from '@langchain/core/runnables'
import { AppError, toAppError } from '../errors.ts'
import { applyCases } from '../knowledge/apply-cases.ts'
import { type FoundCases, noCases } from '../knowledge/case.ts'
import type { FailureQuery } from '../knowledge/knowledge-base.ts'
import type { Analysis, Diagnosis } from '../logs/analysis.ts'
import type { ReducedLog } from '../logs/reduced-log.ts'
import { promptFrameTokens } from '../logs/token-budget.ts'
import type { Stage, Usage } from '../stream/events.ts'
import { type PromptInput, task } from './analysis-prompt.ts'
import { explainer } from './explainer.ts'
import { findingsText } from './findings.ts'
import type { GenerateTransport, TokenChunk } from './generate-transport.ts'
import { Grounds } from './grounds.ts'
import { ModelServiceLLM } from './model-service-llm.ts'
import type { ModelServiceParams } from './model-service-params.ts'
import { ProseFilter } from './prose-filter.ts'
import { TappedTransport } from './tapped-transport.ts'

export interface AnalyzeLogInput {
  reduced: ReducedLog
  /** Looks the failure up. Not called where an earlier attempt has. */
  findCases: (failure: FailureQuery) => Promise<FoundCases>
  /** null: no model explains. */
  transport: GenerateTransport | null
  sampling: Omit<ModelServiceParams, 'maxTokens'>
  maxTokens: number
  /** Aborting makes the iteration throw the signal's reason: nobody wants the result any more. */
  signal?: AbortSignal | undefined
  model?: string | null
  /** Milliseconds for the prose; after them the result is `partial` with what was said until then. */
  proseTimeoutMs?: number
  /** What earlier attempts have come to. */
  resumed?: ResumedAnalysis
  /** LangChain's callbacks and tags. */
  config?: RunnableConfig
}

export interface ResumedAnalysis {
  stages: readonly Stage[]
  cases: FoundCases | null
  /** Delivered: the beginning of `full_text`. It isn't yielded again. */
  text: string
  /** The model's own words, before anything was left out of them. */
  words: readonly string[]
  /** How many of them are generated tokens. */
  tokens: number
}

export type AnalyzeLogItem =
  | { type: 'stage'; stage: Stage; counts: Record<string, number>; kept?: Record<string, unknown> }
  /** `raw`: what the model said, where that is not what is told. */
  | (TokenChunk & { raw?: string })
  | {
      type: 'result'
      /** Every token's text, joined. */
      full_text: string
      analysis: Analysis
      finish_reason: Analysis['finish_reason']
      /** null: the model was not asked, or never came to an end. */
      usage: Usage | null
      /** Why the prose is missing or incomplete, where it failed. */
      error: AppError | null
    }

/** Small models repeat themselves over a log that does; more than this makes them lose the thread. */
const repetitionPenalty = 1.05

const nothingBefore: ResumedAnalysis = { stages: [], cases: null, text: '', words: [], tokens: 0 }

/**
 * Yields stages, tokens and, last, one result; a model that fails or is too slow gives a `partial` one. A log without a
 * failure is not shown to the model: it would find one.
 * Throws only what another attempt can repair (`engine_crashed`) and the reason of an abort.
 */
export async function* analyzeLog(input: AnalyzeLogInput): AsyncGenerator<AnalyzeLogItem, void, undefined> {
  const { reduced, resumed = nothingBefore, transport } = input
  const cases = yield* reportedStages(input, resumed)
  const findings = applyCases(reduced.diagnosis, cases)
  const lead = findingsText(findings)
  const asked = transport !== null && findings.root_cause !== null
  const filter = new ProseFilter(groundsOf(reduced, findings, cases), [lead, ...lead.split('\n'), task])

  let said = lead
  const say = (words: string) => {
    if (words !== '') said += said === lead ? `\n\n${words}` : words
  }
  let sent = resumed.text.length
  const unsent = () => {
    const text = said.slice(sent)
    sent = Math.max(sent, said.length)
    return text
  }
  const opening = unsent()
  if (opening !== '') yield { type: 'token', text: opening, tokenId: null, raw: '' }

  let outcome: Outcome = { finish_reason: 'stop', usage: null, error: null }
  if (asked) {
    for (const words of resumed.words) say(filter.push(words))
    const prose = explain({ ...input, transport }, promptInput(reduced, findings, cases))
    let { tokens } = resumed
    for (let step = await prose.next(); ; step = await prose.next()) {
      if (step.done) {
        outcome = step.value
        break
      }
      say(filter.push(step.value.text))
      const text = unsent()
      yield { ...step.value, text, ...(text !== step.value.text && { raw: step.value.text }) }
      if (step.value.tokenId !== null) tokens++
      if (filter.enough) {
        outcome = { finish_reason: 'stop', usage: usageFor(reduced, tokens), error: null }
        break
      }
    }
    say(filter.end())
    const rest = unsent()
    if (rest !== '') yield { type: 'token', text: rest, tokenId: null, raw: '' }
  }
  const { finish_reason, usage } = outcome
  const complete = finish_reason === 'stop' ? 'ok' : 'partial'
  const analysis: Analysis = {
    ...findings,
    status: findings.root_cause === null ? 'no_failure_found' : complete,
    reduction: reduced.reduction,
    redaction: reduced.redaction,
    usage,
    model: asked ? (input.model ?? null) : null,
    finish_reason,
  }
  yield { type: 'result', full_text: said, analysis, ...outcome }
}

/** The stages that were not reported yet. @returns the cases of the failure */
async function* reportedStages(
  { reduced, findCases }: AnalyzeLogInput,
  { stages, cases }: ResumedAnalysis,
): AsyncGenerator<AnalyzeLogItem, FoundCases, undefined> {
  const { reading, redacting, reducing } = reduced.counts
  for (const [stage, counts] of Object.entries({ reading, redacting, reducing })) {
    if (!stages.includes(stage as Stage)) yield { type: 'stage', stage: stage as Stage, counts }
  }
  const found = cases ?? (await casesOf(reduced.diagnosis, findCases))
  const counts = { known: found.known === null ? 0 : 1, similar: found.similar.length }
  if (!stages.includes('retrieving')) yield { type: 'stage', stage: 'retrieving', counts, kept: { ...found } }
  if (!stages.includes('explaining')) {
    yield { type: 'stage', stage: 'explaining', counts: { prompt_log_tokens: reduced.tokens } }
  }
  return found
}

async function casesOf(diagnosis: Diagnosis, findCases: AnalyzeLogInput['findCases']): Promise<FoundCases> {
  const { root_cause: cause, error_signature: signature } = diagnosis
  if (cause === null) return noCases
  const failing = signature?.replace(/^[\w./-]+: /, '') ?? cause.statement
  const around = cause.evidence[0]?.quote.split('\n') ?? []
  return findCases({ signature, lines: [failing, ...around] })
}

function promptInput(reduced: ReducedLog, findings: Diagnosis, { known, similar }: FoundCases): PromptInput {
  const statement = findings.root_cause?.statement ?? findings.summary
  return {
    reduced,
    statement,
    background: known?.case.cause ?? similar[0]?.cause ?? '',
    fix: findings.fixes[0]?.action ?? '',
  }
}

/** Of a model that was stopped because it had said enough. */
function usageFor({ tokens: logTokens }: ReducedLog, completion_tokens: number): Usage {
  const prompt_tokens = promptFrameTokens + logTokens
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens, cached_tokens: 0 }
}

function groundsOf(reduced: ReducedLog, diagnosis: Diagnosis, { known, similar }: FoundCases): Grounds {
  const cases = [...(known ? [known.case] : []), ...similar]
  const lines = diagnosis.root_cause?.evidence.map(({ quote }) => quote) ?? []
  const fixes = diagnosis.fixes.flatMap(({ action, command = '' }) => [action, command])
  return new Grounds([
    reduced.facts,
    reduced.pack,
    ...lines,
    ...fixes,
    ...cases.map(({ title, cause }) => `${title} ${cause}`),
  ])
}

interface Outcome {
  finish_reason: Analysis['finish_reason']
  usage: Usage | null
  error: AppError | null
}

/** The model's tokens. Returns how it ended; throws what ends the attempt. */
async function* explain(
  input: AnalyzeLogInput & { transport: GenerateTransport },
  prompt: PromptInput,
): AsyncGenerator<TokenChunk, Outcome, undefined> {
  const { sampling, maxTokens, model, signal } = input
  const tap = new TappedTransport(input.transport)
  const llm = new ModelServiceLLM({
    transport: tap,
    maxRetries: 0,
    repetitionPenalty,
    ...sampling,
    maxTokens,
    ...(model && { model }),
  })
  const timeout = input.proseTimeoutMs === undefined ? null : AbortSignal.timeout(input.proseTimeoutMs)
  const signals = [signal, timeout].filter((each) => each !== undefined && each !== null)
  let error: AppError | null = null
  try {
    const config = { ...input.config, signal: AbortSignal.any(signals) }
    // Each token as soon as the text that follows from it has come out of the chain.
    for await (const _ of await explainer(llm).stream(prompt, config)) yield* tap.take()
  } catch (thrown) {
    signal?.throwIfAborted()
    error = timeout?.aborted
      ? new AppError('deadline_exceeded', `the explanation took longer than ${input.proseTimeoutMs} ms`)
      : toAppError(tap.failure ?? thrown, 'engine_failed')
    if (error.code === 'engine_crashed') throw error
  }
  // What the model said before it failed belongs to the result.
  yield* tap.take()
  // LangChain may end a stream quietly on abort; the caller must not take that for an answer.
  signal?.throwIfAborted()
  if (error === null && tap.end === null)
    error = new AppError('engine_failed', 'the model ended without a finish reason')
  return { finish_reason: error === null ? tap.end!.reason : 'error', usage: tap.end?.usage ?? null, error }
}
