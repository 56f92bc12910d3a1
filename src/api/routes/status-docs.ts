// What the routes about the service say of themselves.

import { z } from 'zod'
import { component, type RouteDoc } from '../openapi-route.ts'
import { healthSchema, readySchema, workersSchema } from '../wire-schemas.ts'

const service = { method: 'get', tag: 'Service' } as const

export const statusDocs: RouteDoc[] = [
  {
    ...{ ...service, path: '/health', access: 'open' },
    summary: 'Liveness',
    answers: { 200: { description: 'this process answers', json: component('Health', healthSchema) } },
  },
  {
    ...{ ...service, path: '/ready', access: 'open' },
    summary: 'Readiness',
    answers: { 200: { description: 'a request can be answered', json: component('Ready', readySchema) } },
    errors: [503],
  },
  {
    ...{ ...service, path: '/workers', access: 'operator' },
    summary: 'Live workers',
    answers: { 200: { description: 'slots, load and model of each', json: component('Workers', workersSchema) } },
  },
  {
    ...{ ...service, path: '/metrics', access: 'operator' },
    summary: 'Prometheus metrics',
    answers: { 200: { description: 'text format', media: 'text/plain' } },
  },
  {
    ...{ ...service, path: '/openapi.json', access: 'open' },
    summary: 'This document',
    answers: {
      200: { description: 'OpenAPI 3.1', json: component('OpenApi', z.looseObject({ openapi: z.string() })) },
    },
  },
]
