// The routes that start a job: streamed, answered whole, or left to run.

import { type Request, Router } from 'express'
import { AppError } from '../../errors.ts'
import type { JobKind } from '../../stream/job-record.ts'
import { analyzeRequestSchema, generateRequestSchema, uploadOptionsSchema } from '../../stream/request.ts'
import { jsonBody } from '../body.ts'
import { answerJob, streamJob } from '../follow-job.ts'
import { LogRoom } from '../log-room.ts'
import { LogUpload, logBody } from '../log-upload.ts'
import type { ApiService } from '../service.ts'
import { type AnalysisWish, submitAnalysis, submitGenerate } from '../submit-job.ts'
import { submitterOf } from '../submitter.ts'
import { show, validate } from '../validation.ts'

export function workflowRoutes(service: ApiService): Router {
  const { follow, settings } = service
  const router = Router()
  const body = jsonBody(settings.bodyLimitBytes)
  const room = new LogRoom(settings.logBodyLimitBytes)
  const log = [room.enter, ...logBody(settings.logBodyLimitBytes)]

  const generate = (request: Request) => start(service, 'generate', request, request.body)
  const analyze = (request: Request) =>
    start(service, 'analyze-log', request, request.body).finally(() => room.leave(request))

  router.post('/generate', ...body, async (request, response) => {
    await answerJob(await generate(request), 'generate', response, follow)
  })
  router.post('/generate/stream', ...body, async (request, response) => {
    streamJob(await generate(request), -1, response, follow)
  })
  router.post('/workflows/analyze-log', ...log, async (request, response) => {
    await answerJob(await analyze(request), 'analyze-log', response, follow)
  })
  router.post('/workflows/analyze-log/stream', ...log, async (request, response) => {
    streamJob(await analyze(request), -1, response, follow)
  })
  router.post('/jobs', room.enter, ...jsonBody(settings.logBodyLimitBytes), async (request, response) => {
    const { kind, ...rest } = asObject(request.body)
    if (kind !== 'generate' && kind !== 'analyze-log') {
      const message = `kind is ${show(kind)}; allowed: "generate", "analyze-log"`
      throw new AppError('invalid_request', message, { field: 'kind' })
    }
    const id = await start(service, kind, request, { on_disconnect: 'continue', ...rest })
    room.leave(request)
    const url = `/jobs/${id}`
    response
      .status(202)
      .location(url)
      .set('X-Job-Id', id)
      .json({ id, stream_url: `${url}/stream` })
  })
  return router
}

async function start(service: ApiService, kind: JobKind, request: Request, body: unknown): Promise<string> {
  const submitter = submitterOf(request, service.limits)
  const id =
    kind === 'generate'
      ? await submitGenerate(validate(generateRequestSchema, body), service.submit, submitter)
      : await submitAnalysis(analysisOf(body), service.submit, submitter)
  service.metrics.jobSubmitted(kind)
  return id
}

/** A log inside JSON, or beside its options. */
function analysisOf(body: unknown): AnalysisWish {
  if (body instanceof LogUpload) return { options: validate(uploadOptionsSchema, body.fields), log: body.blocks }
  const { log_content: log, ...options } = validate(analyzeRequestSchema, body)
  return { options, log }
}

function asObject(body: unknown): Record<string, unknown> {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Record<string, unknown>
  throw new AppError('invalid_request', 'the body is not an object; allowed: a JSON object with a kind', {
    field: 'body',
  })
}
