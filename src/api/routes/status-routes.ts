// The routes about the service itself: those that are open to everyone, and those for who runs it.

import { Router } from 'express'
import { AppError } from '../../errors.ts'
import { requireAdmin } from '../auth/authenticate.ts'
import { openApiDocument } from '../openapi.ts'
import type { ApiService } from '../service.ts'
import { modelData } from '../wire.ts'

export function openRoutes(service: ApiService): Router {
  const { watch, model, version } = service
  const router = Router()
  const startedAt = Date.now()
  let openApi: unknown

  // Liveness: 200 as long as this process answers, whatever is wrong around it.
  router.get('/health', async (_request, response) => {
    await watch.refresh()
    const { workers, reachable, waiting } = watch.state
    response.json({
      status: 'ok',
      version,
      uptime_s: Math.round((Date.now() - startedAt) / 1000),
      model: modelData(model),
      model_loaded: reachable && watch.serving.length > 0,
      redis: reachable ? 'up' : 'down',
      workers: reachable ? workers.length : 0,
      jobs_waiting: waiting,
    })
  })

  // Readiness: can a request be answered?
  router.get('/ready', async (_request, response) => {
    await watch.refresh()
    if (!watch.state.reachable) throw new AppError('unavailable', 'the queue is not reachable')
    if (watch.serving.length === 0) throw new AppError('unavailable', 'no worker can serve yet')
    response.json({ status: 'ready', workers: watch.serving.length })
  })

  router.get('/openapi.json', (_request, response) => {
    openApi ??= openApiDocument(version)
    response.json(openApi)
  })
  return router
}

export function operatorRoutes({ auth, watch, registry, metrics }: ApiService): Router {
  const router = Router()
  const admin = requireAdmin(auth.keys)

  router.get('/workers', admin, async (_request, response) => {
    response.json({ workers: await registry.live() })
  })

  router.get('/metrics', admin, async (_request, response) => {
    await watch.refresh()
    response.set('Content-Type', metrics.registry.contentType).send(await metrics.text())
  })
  return router
}
