// What the routes about jobs say of themselves.

import { component, type ParameterDoc, type RouteDoc } from '../openapi-route.ts'
import { jobListSchema, jobSchema, stoppedSchema, ticketSchema } from '../wire-schemas.ts'
import { jobEvents } from './event-docs.ts'

const id: ParameterDoc = {
  ...{ name: 'id', in: 'path', schema: { type: 'string' } },
  description: 'as X-Job-Id or the answer that named the job',
}

const eventId = { type: 'integer', minimum: -1, maximum: 999_999_999_999_999 } as const

export const jobDocs: RouteDoc[] = [
  {
    ...{ method: 'get', path: '/jobs', tag: 'Jobs' },
    summary: 'Recent jobs, the newest first',
    answers: { 200: { description: 'without results', json: component('JobList', jobListSchema) } },
  },
  {
    ...{ method: 'get', path: '/jobs/:id', tag: 'Jobs', parameters: [id] },
    summary: 'A job, with its result when it has ended',
    answers: { 200: { description: 'the job', json: component('Job', jobSchema) } },
    errors: [404, 410],
  },
  {
    ...{ method: 'get', path: '/jobs/:id/stream', tag: 'Jobs' },
    summary: 'Follow a job from its start or from behind an event',
    parameters: [
      id,
      {
        ...{ name: 'Last-Event-ID', in: 'header', schema: eventId, example: 0 },
        description: 'what comes after this event',
      },
      {
        ...{ name: 'starting_after', in: 'query', schema: eventId },
        description: 'the same, where a header can not be sent',
      },
      { name: 'ticket', in: 'query', schema: { type: 'string' }, description: 'instead of a key' },
    ],
    answers: { 200: jobEvents, 204: { description: 'the job has ended and the client has read it all' } },
    errors: [400, 404, 410],
  },
  {
    ...{ method: 'post', path: '/jobs/:id/ticket', tag: 'Jobs', parameters: [id] },
    summary: 'A ticket for an EventSource: 60 seconds, this stream only',
    answers: { 200: { description: 'the ticket', json: component('Ticket', ticketSchema) } },
    errors: [404, 410],
  },
  {
    ...{ method: 'delete', path: '/jobs/:id', tag: 'Jobs', parameters: [id] },
    summary: 'Stop a job; of one that has ended, its state',
    answers: { 200: { description: 'its state now', json: component('Stopped', stoppedSchema) } },
    errors: [404, 410],
  },
]
