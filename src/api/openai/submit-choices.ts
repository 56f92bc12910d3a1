// Several jobs for one request: all of them are admitted, or none.

import type { GenerateWish } from '../../stream/payload.ts'
import type { ApiService } from '../service.ts'
import { enqueue, prepareGenerate, type Submitter, withNextSeed } from '../submit-job.ts'
import { stopUnread } from './stop-unread.ts'

/**
 * @param n answers to each of the wishes; the k-th has the seed of the first plus k
 * @returns the jobs' ids, those of the first wish first
 * @throws AppError `invalid_request`, `queue_full`, `unavailable` or `idempotency_conflict`
 */
export async function submitChoices(
  wishes: GenerateWish[],
  n: number,
  defaultMaxTokens: number,
  service: ApiService,
  submitter: Submitter,
): Promise<string[]> {
  const { submit, metrics } = service
  const prepared = await Promise.all(wishes.map((wish) => prepareGenerate(wish, submit, defaultMaxTokens)))
  const jobs: string[] = []
  try {
    for (const job of prepared) {
      for (let k = 0; k < n; k++) {
        const { idempotency } = submitter
        const index = jobs.length
        // A key from a header has no space.
        const own = index === 0 ? idempotency : idempotency && { ...idempotency, key: `${idempotency.key} ${index}` }
        jobs.push(await enqueue(withNextSeed(job, k), submit, { ...submitter, idempotency: own }))
        metrics.jobSubmitted('generate')
      }
    }
    return jobs
  } catch (error) {
    await stopUnread(jobs, service)
    throw error
  }
}
