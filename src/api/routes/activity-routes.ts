// The feed behind the console's overview.

import { Router } from 'express'
import { ActivityFeed } from '../activity-feed.ts'
import { callerOf } from '../auth/caller.ts'
import type { ApiService } from '../service.ts'
import { SseResponse } from '../sse-response.ts'

export function activityRoutes(service: ApiService): Router {
  const router = Router()
  router.get('/activity', async (request, response) => {
    const left = new AbortController()
    response.once('close', () => left.abort())
    const sse = new SseResponse(response, null)
    await new ActivityFeed(
      service,
      callerOf(request),
      sse,
      AbortSignal.any([left.signal, service.follow.shutdown]),
    ).run()
    sse.end()
  })
  return router
}
