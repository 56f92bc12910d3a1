// Every route of the service. A test fails where Express has one that is missing here, or the other way round.

import { openAiDocs } from './openai/openai-docs.ts'
import type { RouteDoc } from './openapi-route.ts'
import { pathPattern } from './openapi-route.ts'
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

const patterns = routeDocs.map(({ method, path }) => ({ method: method.toUpperCase(), pattern: pathPattern(path) }))

/** The methods of a path that is one of the service's; none for any other. */
export function methodsOf(path: string): string[] {
  return patterns.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)
}
