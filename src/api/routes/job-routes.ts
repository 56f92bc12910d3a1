// The routes about jobs that exist: look, follow, stop. Nobody sees a job of another key.

import { type Request, Router } from 'express'
import { usageOf } from '../../stream/ends.ts'
import { summarize } from '../../stream/event-log.ts'
import type { JobRecord } from '../../stream/job-record.ts'
import { callerOf, ownerListed, visibleJob } from '../auth/caller.ts'
import { ticketSeconds } from '../auth/tickets.ts'
import { startingPoint, streamJob } from '../follow-job.ts'
import type { ApiService } from '../service.ts'
import { stopJob } from '../stop-job.ts'
import { resultOf } from '../wire.ts'

const listed = 100

export function jobRoutes(service: ApiService): Router {
  const { index, submit } = service
  const { store } = submit
  const router = Router()
  const existing = (request: Request<{ id: string }>) => visibleJob(request, store, request.params.id)

  router.get('/jobs', async (request, response) => {
    const records = await Promise.all(
      (await index.recent(ownerListed(callerOf(request)), listed)).map(async (id) => {
        const record = await store.record(id).catch(() => null)
        return record && { id, record }
      }),
    )
    const known = records.filter((entry) => entry !== null)
    const places = await index.positions(known.filter(({ record }) => record.state === 'queued').map(({ id }) => id))
    response.json({ jobs: known.map(({ id, record }) => describe(service, id, record, places.get(id))) })
  })

  router.get('/jobs/:id', async (request, response) => {
    const { id } = request.params
    const record = await existing(request)
    const position = record.state === 'queued' ? (await index.positions([id])).get(id) : undefined
    const outcome = record.ended_at === undefined ? {} : await outcomeOf(service, id, record)
    response.json({ ...describe(service, id, record, position), ...outcome })
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
    await streamJob(id, afterSeq, response, service.follow)
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

function describe({ watch }: ApiService, id: string, record: JobRecord, position: number | undefined) {
  return {
    id,
    kind: record.kind,
    state: record.state,
    created_at: new Date(record.created_at).toISOString(),
    ...(position !== undefined && { position, eta_ms: watch.etaMs(position) }),
    attempt: record.fence,
    ...(record.worker && { worker: record.worker }),
    usage: usageOf(record.prompt_tokens, record.tokens),
  }
}

async function outcomeOf({ submit }: ApiService, id: string, record: JobRecord) {
  const events = await submit.store.eventsAfter(id, -1)
  const { end } = summarize(events)
  if (end?.type === 'done') return { result: resultOf(id, record.kind, events, end), usage: end.usage }
  return end ? { error: { code: end.code, message: end.message } } : {}
}
