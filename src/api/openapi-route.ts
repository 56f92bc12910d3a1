// How a route describes itself. Each route file has such descriptions beside it; route-docs.ts lists them all, and the
// OpenAPI document, the answers to wrong methods and the contract test are made of that list.

import type { z } from 'zod'
import type { errorExamples, openAiErrorExamples } from './openapi-errors.ts'

/** A schema under the name that the document gives it. A name that ends in Request is what clients send. */
export interface Component {
  name: string
  schema: z.ZodType
}

export const component = (name: string, schema: z.ZodType): Component => ({ name, schema })

export interface ParameterDoc {
  name: string
  in: 'path' | 'query' | 'header'
  description: string
  schema: {
    type: 'string' | 'integer'
    enum?: readonly string[]
    minimum?: number
    maximum?: number
    minLength?: number
    maxLength?: number
    pattern?: string
  }
  /** Without one the contract test leaves it out. */
  example?: string | number
}

export interface AnswerDoc {
  description: string
  /** One JSON value. */
  json?: Component
  /** Server-Sent Events, by the name of the event; `message` has none. */
  events?: Record<string, Component>
  /** A text of this media type. */
  media?: string
}

export type ErrorStatus = keyof typeof errorExamples & keyof typeof openAiErrorExamples

export interface RouteDoc {
  method: 'get' | 'post' | 'delete'
  /** As Express has it: `/jobs/:id`. */
  path: string
  tag: 'Generate' | 'Analyse' | 'Jobs' | 'OpenAI' | 'Service' | 'Pages'
  summary: string
  description?: string
  /** `open`: no key is ever asked for. `operator`: the admin's, where there is one. Otherwise any key, where there are some. */
  access?: 'open' | 'operator'
  parameters?: readonly ParameterDoc[]
  body?: {
    /** One of these. */
    of: readonly Component[]
    examples: Record<string, object>
    /** What may be sent instead, as it is. */
    media?: readonly string[]
  }
  answers: Record<number, AnswerDoc>
  /** Beside those that follow from its access and its body. */
  errors?: readonly ErrorStatus[]
}

const ofBody: ErrorStatus[] = [400, 413, 415]

/** Whether it refuses fields and queries that it does not know. OpenAI's clients send more than there is. */
export function refusesUnknown({ tag, access }: RouteDoc): boolean {
  return access === undefined && tag !== 'OpenAI'
}

/** Every error that the route may answer with. */
export function errorsOf(doc: RouteDoc): ErrorStatus[] {
  const { access, body, errors = [] } = doc
  const ofKeys: ErrorStatus[] = access === 'open' ? [] : access === 'operator' ? [401, 403, 429] : [401, 429, 503]
  const all = new Set([...errors, ...ofKeys, ...(body ? ofBody : []), ...(refusesUnknown(doc) ? ([422] as const) : [])])
  return [...all].sort((a, b) => a - b)
}

/** `/v1/models/*id` as OpenAPI writes it: `/v1/models/{id}`. */
export function openApiPath(path: string): string {
  return path.replace(/[:*](\w+)/g, '{$1}')
}

/** Whether a request's path is one of the route's. */
export function pathPattern(path: string): RegExp {
  const pattern = path.replaceAll('.', '\\.').replace(/:\w+/g, '[^/]+').replace(/\*\w+/g, '.+')
  return new RegExp(`^${pattern}/?$`, 'i')
}
