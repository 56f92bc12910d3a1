// The routes that OpenAI's clients know, on the same queue and streams as the others.

import { type Request, type Response, Router } from 'express'
import type { GenerateWish } from '../../stream/payload.ts'
import { jsonBody } from '../body.ts'
import type { ApiService } from '../service.ts'
import { submitterOf } from '../submitter.ts'
import { validate } from '../validation.ts'
import { type Answer, sendAnswer, streamAnswer } from './answer.ts'
import { ChatChoice } from './chat-choice.ts'
import { CompletionChoice } from './completion-choice.ts'
import { chatWish, completionWishes } from './generation.ts'
import { inTermsOf } from './openai-error.ts'
import { type ChatBody, type CommonBody, chatRequestSchema, completionRequestSchema } from './requests.ts'
import { anyModel, assertServed, servedModels, unknownModel } from './served-models.ts'
import { submitChoices } from './submit-choices.ts'

const completionTokens = 16

export function openAiRoutes(service: ApiService): Router {
  const router = Router()
  const body = jsonBody(service.settings.bodyLimitBytes)
  const startedAt = Math.floor(Date.now() / 1000)
  const models = servedModels(service, startedAt)

  router.get('/v1/models', (_request, response) => {
    response.json({ object: 'list', data: models })
  })
  // Names may hold slashes.
  router.get('/v1/models/*id', (request, response) => {
    const id = (request.params.id as unknown as string[]).join('/')
    const model = id === anyModel ? models[0] : models.find((one) => one.id === id)
    if (model === undefined) throw unknownModel(id, models)
    response.json(model)
  })

  router.post('/v1/chat/completions', ...body, async (request, response) => {
    const chat = validate(chatRequestSchema, request.body)
    assertServed(chat.model, 'text', service)
    const wish = chatWish(chat, service.toolForm)
    const answer = await start(chat, [wish], Number.POSITIVE_INFINITY, request, service)
    const choices = answer.jobs.map((jobId, index) => {
      const { response_format: format } = wish
      const tools = format.type === 'tool_calls' ? format.form : null
      return new ChatChoice({ index, jobId, tools, logprobs: chat.logprobs ?? false })
    })
    const object = { whole: 'chat.completion', chunk: 'chat.completion.chunk' }
    await reply({ ...answer, choices, object, idPrefix: 'chatcmpl' }, chat, response, service)
  })

  router.post('/v1/completions', ...body, async (request, response) => {
    const completion = validate(completionRequestSchema, request.body)
    assertServed(completion.model, 'text', service)
    const answer = await start(completion, completionWishes(completion), completionTokens, request, service)
    const choices = answer.jobs.map((_, index) => new CompletionChoice(index, completion.logprobs !== undefined))
    const object = { whole: 'text_completion', chunk: 'text_completion' }
    await reply({ ...answer, choices, object, idPrefix: 'cmpl' }, completion, response, service)
  })
  return router
}

async function start(
  body: CommonBody & Partial<Pick<ChatBody, 'max_completion_tokens'>>,
  wishes: GenerateWish[],
  defaultMaxTokens: number,
  request: Request,
  service: ApiService,
): Promise<Omit<Answer, 'choices' | 'idPrefix' | 'object'>> {
  const n = body.n ?? 1
  const submitter = submitterOf(request, service.limits)
  return {
    jobs: await submitChoices(wishes, n, defaultMaxTokens, service, submitter).catch((thrown) => {
      throw body.max_completion_tokens === undefined ? thrown : inTermsOf('max_completion_tokens', thrown)
    }),
    choicesPerPrompt: n,
    includeUsage: body.stream_options?.include_usage ?? false,
    maxTokens: wishes[0]?.max_tokens ?? (defaultMaxTokens === Number.POSITIVE_INFINITY ? undefined : defaultMaxTokens),
    keepOn: body.on_disconnect === 'continue' || submitter.idempotency !== undefined,
  }
}

async function reply(answer: Answer, body: CommonBody, response: Response, service: ApiService): Promise<void> {
  await (body.stream ? streamAnswer : sendAnswer)(answer, response, service)
}
