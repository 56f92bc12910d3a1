// The feed behind the console's overview.

import { Router } from 'express'
import { ActivityFeed } from '../activity-feed.ts'
import { callerOf, ownerListed } from '../auth/caller.ts'
import type { ApiService } from '../service.ts'
import { SseResponse } from '../sse-response.ts'

export function activityRoutes(service: ApiService): Router {
  const router = Router()
  /** By whose jobs are shown; null: everyone's. */
  const feeds = new Map<string | null, ActivityFeed>()

  router.get('/activity', async (request, response) => {
    const caller = callerOf(request)
    const owner = ownerListed(caller)
    const left = new AbortController()
    response.once('close', () => left.abort())
    const feed = feeds.get(owner) ?? new ActivityFeed(service, caller)
    feeds.set(owner, feed)
    const sse = new SseResponse(response, null)
    const shared = await feed.follow(sse, AbortSignal.any([left.signal, service.follow.shutdown]))
    if (!shared && feeds.get(owner) === feed) feeds.delete(owner)
    sse.end()
  })
  return router
}
