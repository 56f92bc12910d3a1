// What the routes of the knowledge base say of themselves.

import { z } from 'zod'
import { caseInputSchema, caseSources, knowledgeCaseSchema } from '../../knowledge/case.ts'
import { feedbackSchema } from '../../knowledge/feedback.ts'
import { component, type ParameterDoc, type RouteDoc } from '../openapi-route.ts'
import { casePageSchema, casesSchema, feedbackResultSchema } from '../wire-schemas.ts'

const id: ParameterDoc = {
  ...{ name: 'id', in: 'path', schema: { type: 'string' } },
  description: 'as the list or an analysis names the case',
}

const mirrorCase = {
  title: 'The package mirror is down on Sunday nights',
  text: 'npm error network request to https://mirror.example/ failed, reason: connect ECONNREFUSED',
  category: 'network',
  cause: 'The mirror is backed up on Sundays from 22:00 to 23:00 UTC.',
  fixes: [{ action: 'Run the job again after 23:00 UTC.', risk: 'low' }],
}

export const knowledgeDocs: RouteDoc[] = [
  {
    ...{ method: 'post', path: '/knowledge', tag: 'Analyse' },
    summary: 'Add cases of past failures',
    description:
      'A case with the title of an earlier one takes its place. Without keys and with the admin key cases are ' +
      "everyone's, with another key that key's own. Also takes Markdown (`Content-Type: text/markdown`): a heading of " +
      'the first level for each case, below it `## Symptoms`, `## Cause`, `## Fixes`, `## Links`, `## Note`; category and ' +
      'tags in front matter.',
    body: {
      of: [
        component('CaseRequest', caseInputSchema),
        component('CasesRequest', z.strictObject({ cases: z.array(caseInputSchema).min(1) })),
      ],
      examples: { one: mirrorCase, many: { cases: [mirrorCase] } },
    },
    answers: { 201: { description: 'the cases as they are kept', json: component('Cases', casesSchema) } },
    errors: [429],
  },
  {
    ...{ method: 'get', path: '/knowledge', tag: 'Analyse' },
    summary: 'The cases that this key sees, the newest first, or by how well they fit words',
    parameters: [
      { name: 'q', in: 'query', schema: { type: 'string', maxLength: 500 }, example: 'npm', description: 'words' },
      {
        name: 'source',
        in: 'query',
        schema: { type: 'string', enum: caseSources },
        description: 'where they are from',
      },
      {
        name: 'limit',
        in: 'query',
        schema: { type: 'integer', minimum: 1, maximum: 200 },
        description: '50 by default',
      },
      {
        ...{ name: 'offset', in: 'query', schema: { type: 'integer', minimum: 0, maximum: 999_999_999 } },
        description: 'cases to leave out',
      },
    ],
    answers: { 200: { description: 'a page of cases', json: component('CasePage', casePageSchema) } },
  },
  {
    ...{ method: 'get', path: '/knowledge/:id', tag: 'Analyse', parameters: [id] },
    summary: 'One case',
    answers: { 200: { description: 'the case', json: component('Case', knowledgeCaseSchema) } },
    errors: [404],
  },
  {
    ...{ method: 'delete', path: '/knowledge/:id', tag: 'Analyse', parameters: [id] },
    summary: 'Delete a case',
    answers: { 204: { description: 'it is gone' } },
    errors: [403, 404],
  },
  {
    ...{ method: 'post', path: '/analyses/:id/feedback', tag: 'Analyse' },
    summary: 'Say whether an analysis was right, or what it really was',
    description: 'The same failure is answered with it next time, and says so as `known_case`.',
    parameters: [
      { name: 'id', in: 'path', schema: { type: 'string' }, description: 'of the job that made the analysis' },
    ],
    body: { of: [component('FeedbackRequest', feedbackSchema)], examples: { right: { verdict: 'right' } } },
    answers: { 200: { description: 'what was learned', json: component('FeedbackResult', feedbackResultSchema) } },
    errors: [404, 410, 429],
  },
]
