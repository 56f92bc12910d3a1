// Jobs as lists and look-ups show them: the record, the place in line, and how it ended.

import { usageOf } from '../stream/ends.ts'
import { summarize } from '../stream/event-log.ts'
import type { JobRecord } from '../stream/job-record.ts'
import { type Caller, isOperator } from './auth/caller.ts'
import type { ApiService } from './service.ts'
import { resultOf } from './wire.ts'

export interface ListedJob {
  id: string
  record: JobRecord
  /** 1-based place in line, while it waits. */
  position: number | undefined
}

/** The newest jobs of an owner first (null: of everyone); those whose record has expired or is damaged are left out. */
export async function listJobs(
  { submit, index }: ApiService,
  owner: string | null,
  limit: number,
): Promise<ListedJob[]> {
  const { store } = submit
  const records = await Promise.all(
    (await index.recent(owner, limit)).map(async (id) => {
      const record = await store.record(id).catch(() => null)
      return record && { id, record }
    }),
  )
  const known = records.filter((entry) => entry !== null)
  const places = await index.positions(known.filter(({ record }) => record.state === 'queued').map(({ id }) => id))
  return known.map(({ id, record }) => ({ id, record, position: places.get(id) }))
}

/** @param caller who gets to see it: hosts and processes are the operators' business */
export function describeJob({ watch, auth }: ApiService, caller: Caller, { id, record, position }: ListedJob) {
  const worker = isOperator(caller, auth.keys.hasAdmin) ? record.worker : undefined
  return {
    id,
    kind: record.kind,
    state: record.state,
    created_at: new Date(record.created_at).toISOString(),
    ...(position !== undefined && { position, eta_ms: watch.etaMs(position) }),
    attempt: record.fence,
    ...(record.request_id !== '' && { request_id: record.request_id }),
    ...(worker && { worker }),
    usage: usageOf(record.prompt_tokens, record.tokens, record.cached_tokens),
    ...(record.first_token_at !== undefined && { ttft_ms: Math.round(record.first_token_at - record.created_at) }),
    ...(record.ended_at !== undefined && { ended_at: new Date(record.ended_at).toISOString() }),
  }
}
export type DescribedJob = ReturnType<typeof describeJob>

/** The result or the error of a job that has ended. */
export async function outcomeOf({ submit }: ApiService, id: string, record: JobRecord) {
  const events = await submit.store.eventsAfter(id, -1)
  const { end } = summarize(events)
  if (end?.type === 'done') return { result: resultOf(id, record.kind, events, end), usage: end.usage }
  return end ? { error: { code: end.code, message: end.message } } : {}
}
