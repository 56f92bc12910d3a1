// The events of several jobs, as one sequence. Whoever leaves stops at once what nobody else reads: a client of this API
// can't come back to its stream, unless it has an Idempotency-Key, or has asked for the jobs to go on.

import type { Response } from 'express'
import { AppError, toAppError } from '../../errors.ts'
import { isTerminal, type StreamEvent } from '../../stream/events.ts'
import { readEvents } from '../../stream/read-events.ts'
import { attach } from '../follow-job.ts'
import type { ApiService } from '../service.ts'
import { stopUnread } from './stop-unread.ts'

export interface ChoiceEvents {
  /** Of the job. */
  index: number
  events: StreamEvent[]
}

/**
 * Ends when every job has, or when the client has left.
 * @throws AppError `unavailable` when this process shuts down first
 */
export async function* followChoices(
  { jobs, keepOn }: { jobs: string[]; keepOn: boolean },
  response: Response,
  service: ApiService,
): AsyncGenerator<ChoiceEvents, void, undefined> {
  const { follow } = service
  const timers = jobs.map(() => follow.metrics.followStream())
  const attached = jobs.map((id) => attach(id, response, follow, () => {}))
  const over = new AbortController()
  const unfinished = new Set(jobs)
  try {
    const streams = jobs.map((id, index) => {
      const signal = AbortSignal.any([attached[index]!.signal, over.signal])
      return readEvents(follow.source, id, { afterSeq: -1, signal })
    })
    for await (const { index, value } of merged(streams)) {
      for (const event of value) {
        timers[index]!.observe(event)
        if (isTerminal(event)) unfinished.delete(jobs[index]!)
      }
      yield { index, events: value }
    }
    if (unfinished.size > 0 && follow.shutdown.aborted) {
      throw new AppError(
        'unavailable',
        `the service is shutting down; the answer goes on at /jobs/${[...unfinished][0]}`,
      )
    }
  } finally {
    over.abort()
    for (const timer of timers) timer.end()
    for (const { detach } of attached) detach()
    if (!keepOn && !follow.shutdown.aborted) stopLeft([...unfinished], service)
  }
}

/** Not waited for: the client is gone, or has its answer already. */
function stopLeft(jobs: string[], service: ApiService): void {
  stopUnread(jobs, service).catch((thrown: unknown) => {
    service.logger.warn({ err: toAppError(thrown), jobs }, 'jobs that nobody reads could not be stopped')
  })
}

/** The next value of whichever source has one. At most one of each source waits, so a slow reader slows them all. */
async function* merged<Value>(
  sources: AsyncGenerator<Value, void, undefined>[],
): AsyncGenerator<{ index: number; value: Value }, void, undefined> {
  const pending = new Map<number, Promise<{ index: number; result: IteratorResult<Value, void> }>>()
  const ask = (index: number) => {
    const asked = sources[index]!.next().then((result) => ({ index, result }))
    // One that nobody waits for any more may fail.
    asked.catch(() => {})
    pending.set(index, asked)
  }
  for (const index of sources.keys()) ask(index)
  try {
    while (pending.size > 0) {
      const { index, result } = await Promise.race(pending.values())
      if (result.done) pending.delete(index)
      else {
        ask(index)
        yield { index, value: result.value }
      }
    }
  } finally {
    // Not waited for: a source that waits for its next value returns when the caller's signal tells it to.
    for (const source of sources) source.return().catch(() => {})
  }
}
