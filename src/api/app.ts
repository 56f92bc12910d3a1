// The Express app: what every request passes, the routes, and the answers for what is no route.

import cors from 'cors'
import express, { type Express, type RequestHandler } from 'express'
import { AppError } from '../errors.ts'
import { authenticate, requireAdmin } from './auth/authenticate.ts'
import { callerName } from './auth/caller.ts'
import { errorHandler, sendError } from './http-error.ts'
import { limitRequests, rateLimitHeaders } from './limits/rate-limits.ts'
import { embeddingRoutes } from './openai/embedding-routes.ts'
import { sendOpenAiError } from './openai/openai-error.ts'
import { openAiRoutes } from './openai/openai-routes.ts'
import { limitPipelining } from './pipelining.ts'
import { queueBoardPath } from './queue-board.ts'
import { traceRequests } from './request-trace.ts'
import { methodsOf, queriesOf } from './route-docs.ts'
import { activityRoutes } from './routes/activity-routes.ts'
import { consoleRoutes } from './routes/console-routes.ts'
import { jobRoutes } from './routes/job-routes.ts'
import { knowledgeRoutes } from './routes/knowledge-routes.ts'
import { openRoutes, operatorRoutes } from './routes/status-routes.ts'
import { workflowRoutes } from './routes/workflow-routes.ts'
import { securityHeaders } from './security-headers.ts'
import type { ApiService } from './service.ts'
import { fieldName, unknownField } from './validation.ts'

export function createApp(service: ApiService): Express {
  const app = express()
  app.set('etag', false)
  app.disable('x-powered-by')
  app.set('trust proxy', service.settings.trustProxy)
  app.use(limitPipelining())
  app.use(traceRequests(service.tracing))
  app.use(accessLog(service))
  app.use(securityHeaders)
  if (service.settings.corsOrigins.length > 0) app.use(crossOrigin(service.settings.corsOrigins))
  app.use(tellMethods)
  // What stands above this line is open to everyone, what stands below knows its caller.
  app.use(openRoutes(service))
  app.use(consoleRoutes())
  app.use(authenticate(service.auth))
  app.use(operatorRoutes(service))
  if (service.queueBoard) app.use(queueBoardPath, requireAdmin(service.auth.keys), service.queueBoard)
  app.use(limitRequests(service.limits))
  app.use(refuseDuringShutdown(service))
  app.use(refuseUnknownQueries)
  app.use(workflowRoutes(service))
  app.use(jobRoutes(service))
  app.use(openAiRoutes(service))
  app.use(embeddingRoutes(service))
  app.use(activityRoutes(service))
  app.use(knowledgeRoutes(service))
  app.use(unknownRoute)
  const onRefusal = (code: string) => service.metrics.requestRefused(code)
  app.use('/v1', errorHandler(service.logger, onRefusal, sendOpenAiError))
  app.use(errorHandler(service.logger, onRefusal, sendError))
  return app
}

/** One line a request, when its response is closed. Never a body, a query or a header: they may hold secrets. */
function accessLog({ logger, metrics }: ApiService): RequestHandler {
  return (request, response, next) => {
    const startedAt = performance.now()
    // Now: inside of what answers for /v1 the path is without it, and a response may close there.
    const { method, path } = request
    response.on('close', () => {
      const id = response.get('X-Request-Id')
      const status = response.statusCode
      metrics.requestEnded(method, request.route?.path ?? 'unknown', status)
      const line = { id, method, path: path.slice(0, 200), status, ms: Math.round(performance.now() - startedAt) }
      const key = callerName(request)
      const job = response.get('X-Job-Id')
      const ended = { ...line, key, job, ...(!response.writableFinished && { client: 'left' }) }
      // Probes come every few seconds; what they would say is in the metrics.
      // So is how many wrong keys an address tries; only the first of them are worth a line.
      const guessed = status === 429 && response.get('WWW-Authenticate') !== undefined
      if (guessed || /^\/(health|ready|metrics)$/.test(path)) logger.debug(ended, 'request')
      else if (status >= 500) logger.warn(ended, 'request')
      else logger.info(ended, 'request')
    })
    next()
  }
}

function crossOrigin(origins: string[]): RequestHandler {
  return cors({
    origin: origins.includes('*') ? '*' : origins,
    methods: ['GET', 'POST', 'DELETE'],
    exposedHeaders: ['X-Job-Id', 'X-Request-Id', 'Location', 'Retry-After', ...rateLimitHeaders],
    maxAge: 600,
  })
}

function refuseDuringShutdown({ follow }: ApiService): RequestHandler {
  return (_request, _response, next) => {
    next(follow.shutdown.aborted ? new AppError('unavailable', 'the service is shutting down') : undefined)
  }
}

/** What a client asks for and nobody does must not look done. */
const refuseUnknownQueries: RequestHandler = (request, _response, next) => {
  const known = queriesOf(request.method, request.path)
  const field = known && Object.keys(request.query).find((name) => !known.includes(name))
  next(field ? unknownField(fieldName([field]), known) : undefined)
}

/** Express would answer with the methods of the first router that has the path. */
const tellMethods: RequestHandler = (request, response, next) => {
  const allowed = request.method === 'OPTIONS' ? methodsOf(request.path) : []
  if (allowed.length === 0) next()
  else
    response
      .set('Allow', [...allowed, 'OPTIONS'].join(', '))
      .status(204)
      .end()
}

const unknownRoute: RequestHandler = (request, response, next) => {
  const allowed = methodsOf(request.path).join(', ')
  if (allowed === '') {
    next(new AppError('not_found', `${request.path.slice(0, 100)} is not a route of this service; see /openapi.json`))
    return
  }
  response.set('Allow', allowed)
  const message = `${request.method} is not allowed for ${request.path.slice(0, 100)}; allowed: ${allowed}`
  next(new AppError('method_not_allowed', message))
}
