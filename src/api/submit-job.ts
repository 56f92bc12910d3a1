// From a valid body to a job in the queue: whatever depends on the model is checked, whatever was left to chance is
// fixed, the bounds are kept. Cheap checks come first: bytes before tokens, tokens before the queue.

import { randomBytes } from 'node:crypto'
import { AppError } from '../errors.ts'
import { logBudgetTokens, minimumLogTokens, promptFrameTokens } from '../logs/token-budget.ts'
import type {
  Admission,
  AdmissionGate,
  AdmissionLimits,
  AdmissionRefusal,
  AdmissionResult,
  Idempotency,
} from '../stream/admission.ts'
import type { JobStore } from '../stream/job-store.ts'
import {
  defaultMaxTokens,
  drawSeed,
  fixGenerate,
  type GeneratePayload,
  type GenerateWish,
  type JobPayload,
  promptOf,
} from '../stream/payload.ts'
import type { JobQueue } from '../stream/queue.ts'
import type { AnalyzeOptions, GenerateBody } from '../stream/request.ts'
import type { ChatMessage } from '../tokenizer/chat-template.ts'
import type { Prompt } from '../tokenizer/prompt-encoder.ts'
import type { OpenSpan, Tracing } from '../tracing.ts'
import type { FormatChecks } from './format-checks.ts'
import type { TakenTokens, TokenAccount } from './limits/token-ledger.ts'
import type { QueueWatch } from './queue-watch.ts'
import type { RequestTrace } from './request-trace.ts'
import type { TextThreads } from './threads.ts'

/** No token of a usual vocabulary is longer; a text beyond this can't fit whatever it says. */
const maxBytesPerToken = 64

export interface SubmitDeps {
  gate: AdmissionGate
  tracing: Tracing
  store: JobStore
  queue: JobQueue
  onQueueError: (error: Error) => void
  watch: QueueWatch
  threads: TextThreads
  formats: FormatChecks
  limits: AdmissionLimits
  /** Tokens a sequence may hold, prompt and answer. */
  maxContext: number
  graceMs: number
  ttlMs: number
}

/** Who starts a job, and how it may be known again. */
export interface Submitter {
  owner: string
  idempotency: Idempotency | undefined
  /** Where its tokens come from; null: there is no limit. */
  account: TokenAccount | null
  trace: RequestTrace
}

export interface PreparedJob<Payload extends JobPayload = JobPayload> {
  payload: Payload
  promptTokens: number
}

/**
 * @returns the id of the admitted job, or of the one that the idempotency key has started before
 * @throws AppError `invalid_request`, `queue_full`, `rate_limited`, `unavailable` or `idempotency_conflict`
 */
export async function submitGenerate(body: GenerateBody, deps: SubmitDeps, submitter: Submitter): Promise<string> {
  return enqueue(await prepareGenerate(body, deps), deps, submitter)
}

/** Everything before the queue. @throws AppError `invalid_request`, `unavailable` */
export async function prepareGenerate(
  body: GenerateWish,
  deps: SubmitDeps,
  maxTokensWithout = defaultMaxTokens,
): Promise<PreparedJob<GeneratePayload>> {
  await assertServing(deps)
  const prompt = promptOf(body)
  const field = body.messages ? 'messages' : 'prompt'
  assertBytesFit(prompt, field, deps.maxContext)
  const { response_format: format } = body
  const [promptTokens] = await Promise.all([
    deps.threads.countTokens(prompt),
    format.type === 'text' ? null : deps.formats.check(format),
  ])
  const left = tokensLeft(promptTokens, body.max_tokens, field, deps.maxContext)
  const maxTokens = body.max_tokens ?? Math.min(maxTokensWithout, left)
  if (body.min_tokens > maxTokens) {
    const message = `min_tokens is ${body.min_tokens}; allowed: at most max_tokens, which is ${maxTokens}`
    throw new AppError('invalid_request', message, { field: 'min_tokens' })
  }
  return { payload: { kind: 'generate', request: fixGenerate(body, maxTokens) }, promptTokens }
}

/** The same generation, drawn another way. */
export function withNextSeed(job: PreparedJob<GeneratePayload>, steps: number): PreparedJob<GeneratePayload> {
  const { request } = job.payload
  const seed = (request.seed + steps) % (Number.MAX_SAFE_INTEGER + 1)
  return { ...job, payload: { ...job.payload, request: { ...request, seed } } }
}

export interface AnalysisWish {
  options: AnalyzeOptions
  /** As a text, or as bytes, which are given away. */
  log: string | Uint8Array<ArrayBuffer>[]
}

/** As submitGenerate, for a log: it is reduced here, and only what was kept goes into the queue. */
export async function submitAnalysis(
  { options, log }: AnalysisWish,
  deps: SubmitDeps,
  submitter: Submitter,
): Promise<string> {
  await assertServing(deps)
  const mostTokens = deps.maxContext - promptFrameTokens - minimumLogTokens
  const maxTokens = options.max_tokens ?? Math.max(1, Math.min(defaultMaxTokens, mostTokens))
  const budgetTokens = logBudgetTokens(deps.maxContext, maxTokens)
  const reduced = await deps.threads.reduceLog({ log, logType: options.log_type, redact: options.redact, budgetTokens })
  const request = { ...options, max_tokens: maxTokens, seed: options.seed ?? drawSeed() }
  const promptTokens = promptFrameTokens + reduced.tokens
  return enqueue({ payload: { kind: 'analyze-log', request, reduced }, promptTokens }, deps, submitter)
}

/** What is known may be a second old; before a request is refused for it, it is looked at again. */
async function assertServing({ watch }: SubmitDeps): Promise<void> {
  if (watch.state.reachable && watch.serving.length === 0) await watch.refresh()
  if (!watch.state.reachable) throw new AppError('unavailable', 'the queue is not reachable', { retryAfterSeconds: 2 })
  if (watch.serving.length === 0) {
    throw new AppError('unavailable', 'no worker can serve at the moment', { retryAfterSeconds: 5 })
  }
}

function assertBytesFit(prompt: Prompt, field: string, maxContext: number): void {
  const bytes = bytesOf(prompt)
  if (bytes <= maxContext * maxBytesPerToken) return
  const message = `${field} has ${bytes} bytes; allowed: what fits into a context of ${maxContext} tokens`
  throw new AppError('invalid_request', message, { field, openAiCode: 'context_length_exceeded' })
}

function bytesOfMessage({ content, tool_calls: calls = [] }: ChatMessage): number {
  return calls.reduce((sum, call) => sum + Buffer.byteLength(call.arguments), Buffer.byteLength(content))
}

function bytesOf(prompt: Prompt): number {
  switch (prompt.kind) {
    case 'text':
      return Buffer.byteLength(prompt.text)
    case 'messages':
      return prompt.messages.reduce((sum, message) => sum + bytesOfMessage(message), 0)
    case 'ids':
      return prompt.ids.length
    default:
      return prompt satisfies never
  }
}

/** The tokens that an answer may have. @throws AppError `invalid_request` where there are none, or fewer than asked for */
function tokensLeft(promptTokens: number, asked: number | undefined, field: string, maxContext: number): number {
  const left = maxContext - promptTokens
  if (left < 1) {
    const message = `${field} has ${promptTokens} tokens; allowed: at most ${maxContext - 1}, with room for an answer`
    throw new AppError('invalid_request', message, { field, openAiCode: 'context_length_exceeded' })
  }
  if (asked !== undefined && asked > left) {
    const message = `max_tokens is ${asked}; allowed: at most ${left}, the context left after ${promptTokens} prompt tokens`
    throw new AppError('invalid_request', message, { field: 'max_tokens', openAiCode: 'context_length_exceeded' })
  }
  return left
}

/** @throws AppError `queue_full`, `rate_limited`, `unavailable` or `idempotency_conflict` */
export async function enqueue(
  { payload, promptTokens }: PreparedJob,
  deps: SubmitDeps,
  { owner, idempotency, account, trace }: Submitter,
): Promise<string> {
  const id = `job_${randomBytes(16).toString('base64url')}`
  const { on_disconnect: onDisconnect, deadline_ms: deadlineMs } = payload.request
  const admission = {
    ...{
      id,
      kind: payload.kind,
      owner,
      promptTokens,
      maxTokens: payload.request.max_tokens,
      onDisconnect,
      seed: payload.request.seed,
    },
    ...{ requestId: trace.requestId, traceContext: trace.span.context },
    ...{ deadlineMs, api: deps.store.api, graceMs: deps.graceMs, ttlMs: deps.ttlMs, idempotency, payload },
  }
  const taken = await account?.take(promptTokens + payload.request.max_tokens)
  const span = deps.tracing.span('admit', { parent: trace.span.context, attributes: { 'workflowai.job_id': id } })
  const result = await admit(admission, taken, span, deps)
  if (result.verdict === 'admitted') taken?.usedBy(id)
  else await taken?.giveBack()
  if (result.verdict === 'known') {
    if (result.hash !== idempotency?.hash) throw reusedKey()
    // Its client may come back in the last moment of the grace.
    await deps.store.renewLeases([result.id])
    return result.id
  }
  if (result.verdict === 'full') {
    throw new AppError('queue_full', fullMessage(result), { retryAfterSeconds: result.retryAfterMs / 1000 })
  }
  if (result.verdict === 'no-memory') throw fullRedis(result)
  // It is in line from its admission on: where this fails, or this process dies, the worker that takes it tells BullMQ.
  await deps.queue.add(id).catch(deps.onQueueError)
  return id
}

async function admit(
  admission: Admission,
  taken: TakenTokens | undefined,
  span: OpenSpan,
  { gate, limits, watch }: SubmitDeps,
): Promise<AdmissionResult> {
  try {
    const result = await gate.admit(admission, limits, watch.speed)
    span.set({ 'workflowai.verdict': result.verdict })
    return result
  } catch (thrown) {
    // Where Redis can't be asked, there is nothing to be given back to either.
    await taken?.giveBack().catch(() => {})
    throw thrown
  } finally {
    span.end()
  }
}

function fullRedis({ usedBytes, maxBytes }: { usedBytes: number; maxBytes: number }): AppError {
  const share = Math.round((100 * usedBytes) / maxBytes)
  const message = `Redis uses ${share} % of its memory; above 90 % only jobs that are already admitted go on`
  return new AppError('unavailable', message, { retryAfterSeconds: 5 })
}

function reusedKey(): AppError {
  const message = 'this Idempotency-Key was used with another body; allowed: the same request again, or another key'
  return new AppError('idempotency_conflict', message, { field: 'Idempotency-Key' })
}

function fullMessage({ bound, whose, jobs, tokens, limit }: AdmissionRefusal): string {
  const held = bound === 'jobs' ? `${jobs} jobs` : `${tokens} prompt tokens`
  if (whose === 'all') return `the queue holds ${held}; try again later`
  return `the queue holds ${held} of this key, whose share now is ${limit}; try again later`
}
