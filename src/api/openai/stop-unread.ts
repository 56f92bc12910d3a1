// The end of jobs whose request is over before they are.

import type { ApiService } from '../service.ts'
import { stopJob } from '../stop-job.ts'

/** Stops those that nobody else reads, here or at another API. Those that another API may read have their lease. */
export async function stopUnread(jobs: string[], service: ApiService): Promise<void> {
  const { follow, submit } = service
  await Promise.all(
    jobs.map(async (id) => {
      if (!follow.readers.has(id) && (await submit.store.cancelUnread(id))) await stopJob(id, service)
    }),
  )
}
