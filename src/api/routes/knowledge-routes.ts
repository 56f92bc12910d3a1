// The routes of the knowledge base, and the feedback on analyses that feeds it. A key sees and changes its own cases and
// sees everyone's; without keys, and with the admin key, cases are everyone's.

import express, { type Request, type RequestHandler, Router } from 'express'
import { z } from 'zod'
import { AppError } from '../../errors.ts'
import { type CaseInput, caseInputSchema, caseSources } from '../../knowledge/case.ts'
import { scopeOf } from '../../knowledge/case-store.ts'
import { importCases, learn, removeCase, unknownCase } from '../../knowledge/edit-cases.ts'
import { feedbackSchema } from '../../knowledge/feedback.ts'
import { casesOfMarkdown } from '../../knowledge/markdown.ts'
import { type Analysis, analysisSchema } from '../../logs/analysis.ts'
import { summarize } from '../../stream/event-log.ts'
import type { JobStore } from '../../stream/job-store.ts'
import { parseStored } from '../../stream/stored.ts'
import { callerOf, ownerOf, visibleJob } from '../auth/caller.ts'
import { jsonBody } from '../body.ts'
import type { ApiService } from '../service.ts'
import { validate } from '../validation.ts'

const maxCasesAtOnce = 500

const manyCases = z.strictObject({ cases: z.array(caseInputSchema).min(1).max(maxCasesAtOnce) })

const wholeNumber = z
  .string()
  .regex(/^\d{1,9}$/, 'a whole number')
  .transform(Number)
const pageQuery = z.object({
  q: z.string().max(500).optional(),
  source: z.enum(caseSources).optional(),
  limit: wholeNumber.pipe(z.number().min(1).max(200)).default(50),
  offset: wholeNumber.default(0),
})

export function knowledgeRoutes(service: ApiService): Router {
  const { base, store } = service.knowledge
  const router = Router()
  const json = jsonBody(service.settings.bodyLimitBytes)
  const jsonOrMarkdown = [markdownBody(service.settings.bodyLimitBytes), ...json.map(unlessMarkdown)]
  const scope = (request: Request) => scopeOf(ownerOf(callerOf(request)))

  router.post('/knowledge', ...jsonOrMarkdown, async (request, response) => {
    response.status(201).json({ cases: await importCases(store, casesOf(request.body), scope(request)) })
  })

  router.get('/knowledge', async (request, response) => {
    const { q, source, limit, offset } = validate(pageQuery, request.query)
    const words = q === undefined || q.trim() === '' ? undefined : q
    const all = await base.list(scope(request), words)
    const found = source === undefined ? all : all.filter((each) => each.source === source)
    const next = offset + limit
    const page = { cases: found.slice(offset, next), total: found.length }
    response.json({ ...page, next_offset: next < found.length ? next : null })
  })

  router.get('/knowledge/:id', async (request, response) => {
    const found = await base.get(request.params.id, scope(request))
    if (found === null) throw unknownCase(request.params.id)
    response.json(found)
  })

  router.delete('/knowledge/:id', async (request, response) => {
    await removeCase(store, base, request.params.id, scope(request))
    response.status(204).end()
  })

  router.post('/analyses/:id/feedback', ...json, async (request: Request<{ id: string }>, response) => {
    const { id } = request.params
    await visibleJob(request, service.submit.store, id)
    const feedback = validate(feedbackSchema, request.body)
    const analysis = await analysisOf(service.submit.store, id)
    const learned = await learn(store, { id, analysis }, feedback, scopeOf(ownerOf(callerOf(request))))
    response.json({ verdict: feedback.verdict, case: learned })
  })
  return router
}

/** One case, a list of cases, `{cases: [...]}`, or Markdown. */
function casesOf(body: unknown): CaseInput[] {
  if (typeof body === 'string') return validate(manyCases, { cases: casesOfMarkdown(body) }).cases
  if (Array.isArray(body)) return validate(manyCases, { cases: body }).cases
  const many = typeof body === 'object' && body !== null && 'cases' in body
  return many ? validate(manyCases, body).cases : [validate(caseInputSchema, body)]
}

const isMarkdown = (request: Request) => Boolean(request.is('text/markdown'))

function markdownBody(limit: number): RequestHandler {
  const read = express.text({ type: () => true, limit })
  return (request, response, next) => (isMarkdown(request) ? read(request, response, next) : next())
}

function unlessMarkdown(handler: RequestHandler): RequestHandler {
  return (request, response, next) => (isMarkdown(request) ? next() : handler(request, response, next))
}

/** @throws AppError `invalid_request` for a job that is no finished analysis */
async function analysisOf(store: JobStore, id: string): Promise<Analysis> {
  const { end } = summarize(await store.eventsAfter(id, -1))
  const analysis = end?.type === 'done' ? end.result?.analysis : undefined
  if (analysis === undefined) {
    const message = `job ${id} is no analysis that has ended with a result; allowed: one that has`
    throw new AppError('invalid_request', message, { field: 'id' })
  }
  return parseStored(analysisSchema, analysis, `the analysis of job ${id}`)
}
