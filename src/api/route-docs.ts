// Every route of the service. A test fails where Express has one that is missing here, or the other way round.

import { openAiDocs } from './openai/openai-docs.ts'
import type { RouteDoc } from './openapi-route.ts'
import { pathPattern, refusesUnknown } from './openapi-route.ts'
import { activityDocs } from './routes/activity-docs.ts'
import { consoleDocs } from './routes/console-docs.ts'
import { jobDocs } from './routes/job-docs.ts'
import { knowledgeDocs } from './routes/knowledge-docs.ts'
import { statusDocs } from './routes/status-docs.ts'
import { workflowDocs } from './routes/workflow-docs.ts'

export const routeDocs: RouteDoc[] = [
  ...workflowDocs,
  ...jobDocs,
  ...knowledgeDocs,
  ...openAiDocs,
  ...statusDocs,
  ...activityDocs,
  ...consoleDocs,
]

const routes = routeDocs.map((doc) => ({
  ...{ method: doc.method.toUpperCase(), pattern: pathPattern(doc.path), refusesUnknown: refusesUnknown(doc) },
  queries: (doc.parameters ?? []).filter((parameter) => parameter.in === 'query').map(({ name }) => name),
}))

/** The methods of a path that is one of the service's; none for any other. */
export function methodsOf(path: string): string[] {
  return routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)
}

/** What may stand behind the `?`; null where anything may. */
export function queriesOf(method: string, path: string): readonly string[] | null {
  const asked = method === 'HEAD' ? 'GET' : method
  const route = routes.find((each) => each.method === asked && each.pattern.test(path))
  return route?.refusesUnknown ? route.queries : null
}
