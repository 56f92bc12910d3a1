// The routes that start a job: streamed, answered whole, or left to run.

import { Router } from 'express'
import { AppError } from '../../errors.ts'
import { analyzeRequestSchema, generateRequestSchema } from '../../stream/request.ts'
import { jsonBody } from '../body.ts'
import { answerJob, streamJob } from '../follow-job.ts'
import type { ApiService } from '../service.ts'
import { submitAnalysis, submitGenerate } from '../submit-job.ts'
import { validate } from '../validation.ts'

export function workflowRoutes(service: ApiService): Router {
  const { follow, settings } = service
  const router = Router()
  const body = jsonBody(settings.bodyLimitBytes)
  const logBody = jsonBody(settings.logBodyLimitBytes)

  const generate = (value: unknown) => start(service, 'generate', value)
  const analyze = (value: unknown) => start(service, 'analyze-log', value)

  router.post('/generate', ...body, async (request, response) => {
    await answerJob(await generate(request.body), 'generate', response, follow)
  })
  router.post('/generate/stream', ...body, async (request, response) => {
    await streamJob(await generate(request.body), -1, response, follow)
  })
  router.post('/workflows/analyze-log', ...logBody, async (request, response) => {
    await answerJob(await analyze(request.body), 'analyze-log', response, follow)
  })
  router.post('/workflows/analyze-log/stream', ...logBody, async (request, response) => {
    await streamJob(await analyze(request.body), -1, response, follow)
  })
  router.post('/jobs', ...logBody, async (request, response) => {
    const { kind, ...rest } = asObject(request.body)
    if (kind !== 'generate' && kind !== 'analyze-log') {
      const message = `kind is ${JSON.stringify(kind) ?? 'missing'}; allowed: "generate", "analyze-log"`
      throw new AppError('invalid_request', message, { field: 'kind' })
    }
    const id = await start(service, kind, { on_disconnect: 'continue', ...rest })
    const url = `/jobs/${id}`
    response
      .status(202)
      .location(url)
      .set('X-Job-Id', id)
      .json({ id, stream_url: `${url}/stream` })
  })
  return router
}

async function start(service: ApiService, kind: 'generate' | 'analyze-log', body: unknown): Promise<string> {
  const id =
    kind === 'generate'
      ? await submitGenerate(validate(generateRequestSchema, body), service.submit)
      : await submitAnalysis(validate(analyzeRequestSchema, body), service.submit)
  service.metrics.jobSubmitted(kind)
  return id
}

function asObject(body: unknown): Record<string, unknown> {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Record<string, unknown>
  throw new AppError('invalid_request', 'the body is not an object; allowed: a JSON object with a kind', {
    field: 'body',
  })
}
