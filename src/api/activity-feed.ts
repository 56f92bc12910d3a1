// One stream about everything: the list of jobs, the workers, the charts' figures and the text of running jobs. A
// browser opens at most six connections to a server, so a page that shows many jobs can't hold one for each.

import { setTimeout as sleep } from 'node:timers/promises'
import { toAppError } from '../errors.ts'
import type { StreamEvent } from '../stream/events.ts'
import { readEvents } from '../stream/read-events.ts'
import { type Caller, ownerListed } from './auth/caller.ts'
import { type DescribedJob, describeJob, type ListedJob, listJobs } from './describe-job.ts'
import type { ApiService } from './service.ts'
import type { SseResponse } from './sse-response.ts'
import { sseFrame } from './wire.ts'

const snapshotMs = 1000
const listed = 50
/** Running jobs whose text is sent along. */
const followed = 16
/** A job that was running before the page opened shows its last words, not all. */
const recalledEvents = 60
const keptReasons = 500

export class ActivityFeed {
  readonly #service: ApiService
  readonly #caller: Caller
  readonly #sse: SseResponse
  readonly #signal: AbortSignal
  readonly #followed = new Set<string>()
  /** Why jobs failed; read once each. */
  readonly #reasons = new Map<string, string>()

  constructor(service: ApiService, caller: Caller, sse: SseResponse, signal: AbortSignal) {
    this.#service = service
    this.#caller = caller
    this.#sse = sse
    this.#signal = signal
  }

  /** Sends until the signal aborts. While Redis is away there is no news. */
  async run(): Promise<void> {
    this.#sse.offer(sseFrame('history', { samples: this.#service.history.samples }))
    while (!this.#signal.aborted) {
      try {
        const jobs = await listJobs(this.#service, ownerListed(this.#caller), listed)
        const described = await Promise.all(jobs.map((job) => this.#withReason(job)))
        if (!(await this.#sse.write(sseFrame('snapshot', this.#snapshot(described))))) return
        for (const job of jobs) this.#followText(job)
      } catch (thrown) {
        const { message } = toAppError(thrown, 'unavailable')
        this.#service.logger.debug({ reason: message }, 'no news of the queue')
      }
      await sleep(snapshotMs, undefined, { signal: this.#signal }).catch(() => {})
    }
  }

  #snapshot(jobs: DescribedJob[]) {
    const { watch, history, model } = this.#service
    const { admitted, waiting, reachable } = watch.state
    // Hosts and processes are the operator's business.
    const workers = this.#caller.kind === 'key' ? [] : watch.state.workers
    const sample = history.samples.at(-1)
    return { model, reachable, jobs, workers, queue: { admitted, waiting }, ...(sample && { sample }) }
  }

  async #withReason(job: ListedJob): Promise<DescribedJob & { error?: string }> {
    const described = describeJob(this.#service, job)
    if (job.record.state !== 'failed') return described
    const reason = this.#reasons.get(job.id) ?? (await this.#reasonOf(job))
    this.#reasons.set(job.id, reason)
    if (this.#reasons.size > keptReasons) this.#reasons.delete(this.#reasons.keys().next().value ?? '')
    return { ...described, error: reason }
  }

  async #reasonOf({ id, record }: ListedJob): Promise<string> {
    const events = await this.#service.submit.store.eventsAfter(id, record.last - 1).catch((): StreamEvent[] => [])
    const end = events.at(-1)
    return end?.type === 'error' ? end.message : 'unknown'
  }

  #followText({ id, record }: ListedJob): void {
    if (record.state !== 'active' || this.#followed.has(id) || this.#followed.size >= followed) return
    this.#followed.add(id)
    void this.#sendText(id, Math.max(-1, record.last - recalledEvents)).finally(() => this.#followed.delete(id))
  }

  /** What can't be sent now is not worth waiting for: the page shows the last words only. */
  async #sendText(id: string, afterSeq: number): Promise<void> {
    try {
      for await (const events of readEvents(this.#service.follow.source, id, { afterSeq, signal: this.#signal })) {
        const text = events.map((event) => (event.type === 'token' ? event.text : '')).join('')
        if (text !== '') this.#sse.offer(sseFrame('text', { id, text }))
      }
    } catch {
      // The job expired or is damaged: its line in the list says so.
    }
  }
}
