// bull-board over the BullMQ queue, for those who run the service. It only looks: jobs are stopped through the API, which
// keeps their records and streams right. BullMQ carries ids alone, so no prompt is seen here.

import type { RequestHandler } from 'express'
import { Router } from 'express'
import type { JobQueue } from '../stream/queue.ts'
import { queueBoardHeaders } from './security-headers.ts'

export const queueBoardPath = '/admin/queues'

/** Loaded only where there is an admin key: without one there is nobody to show it to. */
export async function openQueueBoard(queue: JobQueue): Promise<RequestHandler> {
  const [{ createBullBoard }, { BullMQAdapter }, { ExpressAdapter }] = await Promise.all([
    import('@bull-board/api'),
    import('@bull-board/api/bullMQAdapter'),
    import('@bull-board/express'),
  ])
  const server = new ExpressAdapter()
  server.setBasePath(queueBoardPath)
  const adapter = new BullMQAdapter(queue.bull, { readOnlyMode: true })
  createBullBoard({ queues: [adapter], serverAdapter: server, options: { uiConfig: { boardTitle: 'WorkflowAI' } } })
  return Router().use(queueBoardHeaders, server.getRouter() as RequestHandler)
}
