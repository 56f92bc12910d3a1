// What the streams of the native routes say of themselves.

import { z } from 'zod'
import { type AnswerDoc, component } from '../openapi-route.ts'
import {
  analyzeResultSchema,
  errorEventSchema,
  generationDoneEventSchema,
  queuedEventSchema,
  stageEventSchema,
  tokenEventSchema,
} from '../wire-schemas.ts'

const description =
  'Server-Sent Events: `queued`, `stage` (analyses only), `token` (one a generated token), then exactly one `done` or ' +
  '`error`. The `id` of an event is its seq; resume with `Last-Event-ID`.'

const queued = component('QueuedEvent', queuedEventSchema)
const stage = component('StageEvent', stageEventSchema)
const token = component('TokenEvent', tokenEventSchema)
const error = component('ErrorEvent', errorEventSchema)
const generationDone = component('GenerationDoneEvent', generationDoneEventSchema)
const analysisDone = component('AnalysisDoneEvent', analyzeResultSchema)
const jobDone = component('JobDoneEvent', z.union([analyzeResultSchema, generationDoneEventSchema]))

export const generationEvents: AnswerDoc = { description, events: { queued, token, done: generationDone, error } }
export const analysisEvents: AnswerDoc = { description, events: { queued, stage, token, done: analysisDone, error } }
/** Of a job of either kind. */
export const jobEvents: AnswerDoc = {
  description,
  events: { queued, stage, token, done: jobDone, error },
}
