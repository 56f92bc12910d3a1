// An analysis: the analyzer's chain over this worker's engine, its progress and prose as events.

import { type FoundCases, foundCasesSchema, noCases } from '../knowledge/case.ts'
import { scopeOf } from '../knowledge/case-store.ts'
import type { FailureQuery } from '../knowledge/knowledge-base.ts'
import { analyzeLog, type ResumedAnalysis } from '../llm/analyze-log.ts'
import { reducedLogSchema } from '../logs/reduced-log.ts'
import { usageOf } from '../stream/ends.ts'
import type { NewEvent, StreamEvent } from '../stream/events.ts'
import type { AnalyzePayload } from '../stream/payload.ts'
import { parseStored } from '../stream/stored.ts'
import { engineTransport } from './engine-transport.ts'
import { deliveredTokens, type JobContext } from './job-context.ts'

/** A model that is too slow is cut off this long before the deadline, so that the rest can still be delivered. */
const deadlineReserveMs = 2000

/**
 * Runs an analysis to its end, from where earlier attempts have left it. A model that fails leaves the deterministic
 * part, with status `partial`.
 * @returns the terminal event, or null when the signal ended it
 * @throws AppError `engine_crashed` where another attempt may succeed, `damaged_job` where the payload is not a reduced log
 */
export async function analyze({ request, reduced }: AnalyzePayload, context: JobContext): Promise<NewEvent | null> {
  const log = parseStored(reducedLogSchema, reduced, 'the reduced log of a job')
  const { max_tokens: maxTokens, seed, temperature, top_p: topP } = request
  const items = analyzeLog({
    reduced: log,
    findCases: (failure) => casesOf(failure, context),
    transport: engineTransport(context, { seed, max_tokens: maxTokens }),
    sampling: { temperature, topP, seed },
    maxTokens,
    signal: context.signal,
    model: context.model,
    proseTimeoutMs: Math.max(1, context.clock.localDeadline - Date.now() - deadlineReserveMs),
    resumed: resumedFrom(context.events),
  })
  let tokens = deliveredTokens(context.events).length
  try {
    for await (const item of items) {
      if (item.type === 'stage') context.write(item)
      else if (item.type === 'token') {
        if (item.tokenId !== null) {
          tokens++
          context.clock.tokenArrived()
        }
        context.write(item)
      } else {
        const usage = item.usage ?? usageOf(item.analysis.model === null ? 0 : context.record.prompt_tokens, tokens)
        return {
          type: 'done',
          reason: item.finish_reason,
          tokensGenerated: usage.completion_tokens,
          usage,
          timings: context.clock.timings(usage.completion_tokens),
          model: context.model,
          seed,
          result: { full_text: item.full_text, analysis: item.analysis },
        }
      }
    }
  } catch (thrown) {
    if (context.signal.aborted) return null
    throw thrown
  }
  return null
}

/** The cases of whose job it is and everyone's. An analysis without them is better than none. */
async function casesOf(failure: FailureQuery, { knowledge, record, logger }: JobContext): Promise<FoundCases> {
  try {
    return await knowledge.find(failure, scopeOf(record.owner), true)
  } catch (thrown) {
    logger.warn({ err: thrown }, 'the knowledge base could not be searched')
    return noCases
  }
}

/** What earlier attempts have written, and what they kept for this one. */
function resumedFrom(events: StreamEvent[]): ResumedAnalysis {
  const stages = events.filter((event) => event.type === 'stage')
  const tokens = events.filter((event) => event.type === 'token')
  const kept = stages.find(({ stage }) => stage === 'retrieving')?.kept
  return {
    stages: stages.map(({ stage }) => stage),
    cases: kept === undefined ? null : parseStored(foundCasesSchema, kept, 'the cases of a job'),
    text: tokens.map(({ text }) => text).join(''),
    words: tokens.map(({ raw, text }) => raw ?? text),
    tokens: deliveredTokens(events).length,
  }
}
