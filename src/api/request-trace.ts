// What a request is known by, in logs and in traces, here and in the worker that runs its jobs.

import { randomUUID } from 'node:crypto'
import type { Request, RequestHandler } from 'express'
import type { OpenSpan, Tracing } from '../tracing.ts'

export interface RequestTrace {
  /** The client's `x-request-id` where it sent a plain one. */
  requestId: string
  span: OpenSpan
}

const traces = new WeakMap<Request, RequestTrace>()

/** The first of all handlers. The span ends with the response; a client's `traceparent` is its parent. */
export function traceRequests(tracing: Tracing): RequestHandler {
  return (request, response, next) => {
    const given = request.get('x-request-id')
    const requestId = given && /^[\w.-]{1,100}$/.test(given) ? given : randomUUID()
    response.set('X-Request-Id', requestId)
    const attributes = { 'http.request.method': request.method, 'workflowai.request_id': requestId }
    const span = tracing.span(request.method, { kind: 'server', parent: request.get('traceparent'), attributes })
    traces.set(request, { requestId, span })
    response.on('close', () => {
      const route = request.route?.path as string | undefined
      const status = response.statusCode
      if (route !== undefined) span.rename(`${request.method} ${route}`)
      span.set({
        'http.route': route,
        'http.response.status_code': status,
        'workflowai.job_id': response.get('X-Job-Id'),
      })
      span.end({ error: status >= 500 ? `status ${status}` : undefined })
    })
    next()
  }
}

export function traceOf(request: Request): RequestTrace {
  return traces.get(request)!
}
