// Several jobs for one request: all of them are admitted, or none.

import { AppError } from '../../errors.ts'
import { type AdmissionLimits, mostAdmitted } from '../../stream/admission.ts'
import type { GenerateWish } from '../../stream/payload.ts'
import type { ApiService } from '../service.ts'
import { enqueue, type PreparedJob, prepareGenerate, type Submitter, withNextSeed } from '../submit-job.ts'
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
  const prompts = await Promise.all(wishes.map((wish) => prepareGenerate(wish, submit, defaultMaxTokens)))
  const prepared = prompts.flatMap((job) => Array.from({ length: n }, (_, k) => withNextSeed(job, k)))
  assertEverAdmitted(prepared, submit.limits)
  const { idempotency } = submitter
  const jobs: string[] = []
  try {
    for (const [index, job] of prepared.entries()) {
      // A key from a header has no space.
      const own = index === 0 ? idempotency : idempotency && { ...idempotency, key: `${idempotency.key} ${index}` }
      jobs.push(await enqueue(job, submit, { ...submitter, idempotency: own }))
      metrics.jobSubmitted('generate')
    }
    return jobs
  } catch (error) {
    await stopUnread(jobs, service)
    throw error
  }
}

/** @throws AppError `invalid_request` for what an empty queue would refuse too: a 429 would be tried again for ever */
function assertEverAdmitted(jobs: PreparedJob[], limits: AdmissionLimits): void {
  const most = mostAdmitted(limits)
  const refused = (message: string) => new AppError('invalid_request', `n: ${message}`, { field: 'n' })
  if (jobs.length > most.jobs) {
    throw refused(`${jobs.length} answers are asked for; allowed: at most ${most.jobs}, the jobs that the queue holds`)
  }
  const before = jobs.slice(0, -1).reduce((sum, { promptTokens }) => sum + promptTokens, 0)
  if (before >= most.tokens) {
    const allowed = `fewer than ${most.tokens} before the last one's, the prompt tokens that the queue holds`
    throw refused(`${jobs.length} answers take ${before} prompt tokens before the last one's; allowed: ${allowed}`)
  }
}
