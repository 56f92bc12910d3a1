// Ending a job before its end.

import { cancelledEnd, timingsOf } from '../stream/ends.ts'
import { readEvents } from '../stream/read-events.ts'
import type { FollowDeps } from './follow-job.ts'
import type { SubmitDeps } from './submit-job.ts'

interface StopDeps {
  submit: Pick<SubmitDeps, 'store' | 'queue'>
  follow: Pick<FollowDeps, 'source'>
}

/** A live worker ends a job within a step; one that has not after this long is dead. */
const stopTimeoutMs = 3000

/** Ends a job: at once where no worker has it, else by its worker, else without it. One that has ended is left alone. */
export async function stopJob(id: string, { submit: { store, queue }, follow }: StopDeps): Promise<void> {
  const { state, now } = await store.cancel(id)
  // Read behind the mark: from then on the log takes nothing but the end, so what the record counts is final.
  const record = await store.record(id)
  if (!record || record.ended_at !== undefined) return
  const end = cancelledEnd(record, record.tokens, timingsOf(record, now, record.tokens), null)
  if (state === 'queued' && (await store.end(id, end, true)) === 'ended') {
    await queue.remove(id)
    return
  }
  const signal = AbortSignal.timeout(stopTimeoutMs)
  for await (const _ of readEvents(follow.source, id, { afterSeq: record.last, signal })) {
    // Until the terminal event.
  }
  if (signal.aborted) await store.end(id, end, false)
}
