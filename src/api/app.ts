// The Express app: what every request passes, the routes, and the answers for what is no route.

import { randomUUID } from 'node:crypto'
import cors from 'cors'
import express, { type Express, type RequestHandler } from 'express'
import helmet from 'helmet'
import { pinoHttp } from 'pino-http'
import { AppError } from '../errors.ts'
import { errorHandler } from './http-error.ts'
import { jobRoutes } from './routes/job-routes.ts'
import { statusRoutes } from './routes/status-routes.ts'
import { workflowRoutes } from './routes/workflow-routes.ts'
import type { ApiService } from './service.ts'

/** Methods by path, for the answers to the wrong one. */
const methods: [pattern: RegExp, allowed: string][] = [
  [/^\/(generate|workflows\/analyze-log)(\/stream)?$/, 'POST'],
  [/^\/jobs$/, 'GET, POST'],
  [/^\/jobs\/[^/]+$/, 'GET, DELETE'],
  [/^\/jobs\/[^/]+\/stream$/, 'GET'],
  [/^\/(health|ready|workers|metrics|openapi\.json)$/, 'GET'],
]

export function createApp(service: ApiService): Express {
  const app = express()
  app.set('trust proxy', 'loopback, uniquelocal')
  app.set('etag', false)
  app.use(requestId)
  app.use(accessLog(service))
  app.use(helmet())
  if (service.settings.corsOrigins.length > 0) app.use(crossOrigin(service.settings.corsOrigins))
  app.use(statusRoutes(service))
  app.use(refuseDuringShutdown(service))
  app.use(workflowRoutes(service))
  app.use(jobRoutes(service))
  app.use(unknownRoute)
  app.use(errorHandler(service.logger, (code) => service.metrics.requestRefused(code)))
  return app
}

const requestId: RequestHandler = (request, response, next) => {
  const given = request.get('x-request-id')
  const id = given && /^[\w.-]{1,100}$/.test(given) ? given : randomUUID()
  request.id = id
  response.set('X-Request-Id', id)
  next()
}

function accessLog({ logger, metrics }: ApiService): RequestHandler {
  const log = pinoHttp({
    logger,
    quietReqLogger: true,
    // Probes come every few seconds; what they would say is in the metrics.
    autoLogging: { ignore: (request) => /^\/(health|ready|metrics)$/.test(request.url ?? '') },
    customLogLevel: (_request, response, error) => (error || response.statusCode >= 500 ? 'warn' : 'info'),
    serializers: {
      req: (request) => ({ id: request.id, method: request.method, url: request.url?.split('?')[0] }),
      res: (response) => ({ status: response.statusCode }),
    },
  })
  return (request, response, next) => {
    response.once('close', () => {
      metrics.requestEnded(request.method, request.route?.path ?? 'unknown', response.statusCode)
    })
    log(request, response)
    next()
  }
}

function crossOrigin(origins: string[]): RequestHandler {
  return cors({
    origin: origins.includes('*') ? '*' : origins,
    methods: ['GET', 'POST', 'DELETE'],
    exposedHeaders: ['X-Job-Id', 'X-Request-Id', 'Location', 'Retry-After'],
    maxAge: 600,
  })
}

function refuseDuringShutdown({ follow }: ApiService): RequestHandler {
  return (_request, _response, next) => {
    next(follow.shutdown.aborted ? new AppError('unavailable', 'the service is shutting down') : undefined)
  }
}

const unknownRoute: RequestHandler = (request, response, next) => {
  const known = methods.find(([pattern]) => pattern.test(request.path))
  if (!known) {
    next(new AppError('not_found', `${request.path.slice(0, 100)} is not a route of this service; see /openapi.json`))
    return
  }
  response.set('Allow', known[1])
  const message = `${request.method} is not allowed for ${request.path.slice(0, 100)}; allowed: ${known[1]}`
  next(new AppError('method_not_allowed', message))
}
