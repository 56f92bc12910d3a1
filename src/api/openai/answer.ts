// The answer to one request, from the events of its jobs: one job a choice. Streamed or whole, it is made of the same
// parts. A stream never ends without a finish_reason for every choice, or an error: clients take anything else for success.

import type { Response } from 'express'
import { AppError } from '../../errors.ts'
import type { TerminalEvent, TokenEvent, Usage } from '../../stream/events.ts'
import { fromThrown } from '../http-error.ts'
import type { ApiService } from '../service.ts'
import { SseResponse } from '../sse-response.ts'
import { type ChoiceEvents, followChoices } from './follow-choices.ts'
import { openAiError } from './openai-error.ts'

type Done = Extract<TerminalEvent, { type: 'done' }>

/** What a chunk says of one choice. */
export type ChoiceChunk = { index: number; finish_reason: string | null } & Record<string, unknown>

export interface Choice {
  open(): ChoiceChunk[]
  token(event: TokenEvent): ChoiceChunk[]
  /** @param cut whether its tokens ran out */
  done(event: Done, cut: boolean): ChoiceChunk[]
  whole(): object
}

export interface Answer {
  /** One a choice. */
  jobs: string[]
  choices: Choice[]
  /** How many choices, one after another, share a prompt. */
  choicesPerPrompt: number
  /** `chatcmpl` or `cmpl`. */
  idPrefix: string
  object: { whole: string; chunk: string }
  includeUsage: boolean
  maxTokens: number | undefined
  /**
   * Whether its jobs go on when the client leaves: to their end, or for the grace, where it may come back by its
   * Idempotency-Key.
   */
  keepOn: boolean
}

/** Never rejects once the head is out: what goes wrong then is an error in the stream. */
export async function streamAnswer(answer: Answer, response: Response, service: ApiService): Promise<void> {
  const sse = new SseResponse(response, answer.jobs.join(','), { reconnects: false })
  const head = headOf(answer, answer.object.chunk, service)
  const usages: Usage[] = []
  const frame = (chunks: ChoiceChunk[]) =>
    chunks.map((chunk) => data({ ...head, choices: [chunk], ...(answer.includeUsage && { usage: null }) })).join('')
  try {
    if (!(await sse.write(frame(answer.choices.flatMap((choice) => choice.open()))))) return
    for await (const { index, events } of followChoices(answer, response, service)) {
      const chunks = events.flatMap((event) => take(answer, index, event, usages, service))
      if (chunks.length > 0 && !(await sse.write(frame(chunks)))) return
    }
    if (response.destroyed) return
    const usage = answer.includeUsage ? data({ ...head, choices: [], usage: usageOf(answer, usages) }) : ''
    await sse.write(`${usage}data: [DONE]\n\n`)
  } catch (thrown) {
    const error = fromThrown(thrown)
    if (error.code === 'internal') service.logger.error({ err: error, jobs: answer.jobs }, 'a stream failed')
    await sse.write(data(openAiError(error)))
  } finally {
    sse.end()
  }
}

/** @throws AppError with the reason where a job failed or was stopped */
export async function sendAnswer(answer: Answer, response: Response, service: ApiService): Promise<void> {
  response.set('X-Job-Id', answer.jobs.join(','))
  const usages: Usage[] = []
  for await (const { index, events } of followChoices(answer, response, service)) {
    for (const event of events) take(answer, index, event, usages, service)
  }
  if (response.destroyed) return
  const choices = answer.choices.map((choice) => choice.whole())
  response.json({ ...headOf(answer, answer.object.whole, service), choices, usage: usageOf(answer, usages) })
}

/** @throws AppError where the event says that the job failed or was stopped */
function take(
  answer: Answer,
  index: number,
  event: ChoiceEvents['events'][number],
  usages: Usage[],
  { model }: ApiService,
): ChoiceChunk[] {
  const choice = answer.choices[index]!
  switch (event.type) {
    case 'queued':
    case 'stage':
      return []
    case 'token':
      return choice.token(event)
    case 'error':
      throw new AppError(event.code as AppError['code'], event.message)
    case 'done': {
      if (event.reason === 'cancelled') throw new AppError('cancelled', 'the job was stopped before its end')
      usages[index] = event.usage
      const { completion_tokens: generated, total_tokens: total } = event.usage
      return choice.done(
        event,
        generated >= (answer.maxTokens ?? Number.POSITIVE_INFINITY) || total >= model.maxContext,
      )
    }
    default:
      return event satisfies never
  }
}

function headOf({ jobs, idPrefix }: Answer, object: string, { model, version }: ApiService) {
  return {
    id: `${idPrefix}-${jobs[0]!.replace(/^job_/, '')}`,
    object,
    created: Math.floor(Date.now() / 1000),
    model: model.name,
    system_fingerprint: `workflowai-${version}-${model.precision}`,
  }
}

/** A prompt counts once, however many answers it gets. */
function usageOf({ choicesPerPrompt }: Answer, usages: Usage[]) {
  const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0)
  const ofPrompts = usages.filter((_, index) => index % choicesPerPrompt === 0)
  const prompt = sum(ofPrompts.map((usage) => usage.prompt_tokens))
  const completion = sum(usages.map((usage) => usage.completion_tokens))
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: sum(ofPrompts.map((usage) => usage.cached_tokens)) },
  }
}

function data(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`
}
