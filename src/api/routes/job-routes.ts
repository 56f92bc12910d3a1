// The routes about jobs that exist: look, follow, stop. Nobody sees a job of another key.

import { type Request, Router } from 'express'
import { summarize } from '../../stream/event-log.ts'
import { callerOf, ownerListed, visibleJob } from '../auth/caller.ts'
import { ticketSeconds } from '../auth/tickets.ts'
import { describeJob, listJobs, outcomeOf } from '../describe-job.ts'
import { startingPoint, streamJob } from '../follow-job.ts'
import type { ApiService } from '../service.ts'
import { stopJob } from '../stop-job.ts'

const listed = 100

export function jobRoutes(service: ApiService): Router {
  const { index, submit } = service
  const { store } = submit
  const router = Router()
  const existing = (request: Request<{ id: string }>) => visibleJob(request, store, request.params.id)

  router.get('/jobs', async (request, response) => {
    const caller = callerOf(request)
    const jobs = await listJobs(service, ownerListed(caller), listed)
    response.json({ jobs: jobs.map((job) => describeJob(service, caller, job)) })
  })

  router.get('/jobs/:id', async (request, response) => {
    const { id } = request.params
    const record = await existing(request)
    const position = record.state === 'queued' ? (await index.positions([id])).get(id) : undefined
    const outcome = record.ended_at === undefined ? {} : await outcomeOf(service, id, record)
    response.json({ ...describeJob(service, callerOf(request), { id, record, position }), ...outcome })
  })

  router.get('/jobs/:id/stream', async (request, response) => {
    const { id } = request.params
    const afterSeq = startingPoint(request)
    const record = await existing(request)
    // Nothing will ever come: an EventSource that reconnects is told so and stays away.
    if (record.ended_at !== undefined && afterSeq >= record.last) {
      response.status(204).end()
      return
    }
    await store.renewLeases([id])
    streamJob(id, afterSeq, response, service.follow)
  })

  router.post('/jobs/:id/ticket', async (request, response) => {
    const { id } = request.params
    await existing(request)
    const ticket = await service.auth.tickets.issue(id)
    response.json({ ticket, expires_in_s: ticketSeconds, stream_url: `/jobs/${id}/stream?ticket=${ticket}` })
  })

  router.delete('/jobs/:id', async (request, response) => {
    const { id } = request.params
    const record = await existing(request)
    if (record.ended_at === undefined) await stopJob(id, service)
    const ended = (await store.record(id)) ?? record
    const { end } = summarize(await store.eventsAfter(id, -1))
    const reason = end?.type === 'done' ? end.reason : 'error'
    response.json({ id, state: ended.state, finish_reason: reason, ...(end?.type === 'done' && { usage: end.usage }) })
  })
  return router
}
