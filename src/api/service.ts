// What the routes share: the connections, what is known of the queue, the limits.

import type { RequestHandler } from 'express'
import type { EmbeddingLine } from '../embedding/embedding-line.ts'
import type { CaseStore } from '../knowledge/case-store.ts'
import type { KnowledgeBase } from '../knowledge/knowledge-base.ts'
import type { Logger } from '../logger.ts'
import type { Settings } from '../settings.ts'
import type { JobIndex } from '../stream/job-index.ts'
import type { WorkerRegistry } from '../stream/worker-registry.ts'
import type { ToolForm } from '../tokenizer/tool-form.ts'
import type { Tracing } from '../tracing.ts'
import type { ActivityHistory } from './activity-history.ts'
import type { AuthDeps } from './auth/authenticate.ts'
import type { FollowDeps } from './follow-job.ts'
import type { RateLimits } from './limits/rate-limits.ts'
import type { ApiMetrics } from './metrics.ts'
import type { QueueWatch } from './queue-watch.ts'
import type { SubmitDeps } from './submit-job.ts'

/** The model as the API sees it: its name and limits. The weights are the workers' business. */
export interface ServedModel {
  name: string
  precision: string
  maxContext: number
}

export interface ApiService {
  settings: Pick<Settings, 'bodyLimitBytes' | 'logBodyLimitBytes' | 'corsOrigins' | 'trustProxy'>
  model: ServedModel
  /** How the model writes calls of tools. */
  toolForm: ToolForm
  version: string
  logger: Logger
  tracing: Tracing
  metrics: ApiMetrics
  watch: QueueWatch
  history: ActivityHistory
  registry: WorkerRegistry
  index: JobIndex
  auth: AuthDeps
  /** null: there is no admin key. */
  queueBoard: RequestHandler | null
  limits: RateLimits
  submit: SubmitDeps
  follow: FollowDeps
  /** null: there is no embedding model. */
  embeddings: EmbeddingLine | null
  knowledge: { base: KnowledgeBase; store: CaseStore }
}
