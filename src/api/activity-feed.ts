// One stream about everything: the list of jobs, the workers, the charts' figures and the text of running jobs. A
// browser opens at most six connections to a server, so a page that shows many jobs can't hold one for each.
//
// The readers of one caller share one feed: what it costs Redis does not grow with the pages that are open.

import { setTimeout as sleep } from 'node:timers/promises'
import { toAppError } from '../errors.ts'
import type { StreamEvent } from '../stream/events.ts'
import { readEvents } from '../stream/read-events.ts'
import { type Caller, isOperator, ownerListed } from './auth/caller.ts'
import { type DescribedJob, describeJob, type ListedJob, listJobs } from './describe-job.ts'
import type { ApiService } from './service.ts'
import type { SseResponse } from './sse-response.ts'
import { modelData, sseFrame } from './wire.ts'

const snapshotMs = 1000
const listed = 50
/** Running jobs whose text is sent along. */
const followed = 16
/** A job that was running before the page opened shows its last words, not all. */
const recalledEvents = 60
const recalledCharacters = 400
const keptReasons = 500

export class ActivityFeed {
  readonly #service: ApiService
  readonly #caller: Caller
  readonly #readers = new Set<SseResponse>()
  /** Those whose client has not taken the last snapshot yet; they miss the next ones. */
  readonly #behind = new Set<SseResponse>()
  /** The last words of each running job that is followed. */
  readonly #words = new Map<string, string>()
  /** Why jobs failed; read once each. */
  readonly #reasons = new Map<string, string>()
  #jobs: (DescribedJob & { error?: string })[] | null = null
  #stop = new AbortController()

  constructor(service: ApiService, caller: Caller) {
    this.#service = service
    this.#caller = caller
  }

  /** Sends to one reader, until it leaves. @returns whether others are still there */
  async follow(sse: SseResponse, left: AbortSignal): Promise<boolean> {
    sse.offer(sseFrame('history', { samples: this.#service.history.samples }))
    if (this.#jobs !== null) this.#send(sse, this.#snapshot(this.#jobs))
    for (const [id, text] of this.#words) sse.offer(sseFrame('text', { id, text }))
    this.#readers.add(sse)
    if (this.#readers.size === 1) void this.#run(this.#stop.signal)
    if (!left.aborted) await new Promise((resolve) => left.addEventListener('abort', resolve, { once: true }))
    this.#readers.delete(sse)
    if (this.#readers.size > 0) return true
    this.#stop.abort()
    return false
  }

  /** While Redis is away there is no news. */
  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const jobs = await listJobs(this.#service, ownerListed(this.#caller), listed)
        this.#jobs = await Promise.all(jobs.map((job) => this.#withReason(job)))
        const frame = this.#snapshot(this.#jobs)
        for (const sse of this.#readers) this.#send(sse, frame)
        for (const job of jobs) this.#followText(job, signal)
      } catch (thrown) {
        const { message } = toAppError(thrown, 'unavailable')
        this.#service.logger.debug({ reason: message }, 'no news of the queue')
      }
      await sleep(snapshotMs, undefined, { signal }).catch(() => {})
    }
  }

  #send(sse: SseResponse, frame: string): void {
    if (this.#behind.has(sse)) return
    this.#behind.add(sse)
    void sse.write(frame).finally(() => this.#behind.delete(sse))
  }

  #snapshot(jobs: DescribedJob[]): string {
    const { watch, history, model, auth } = this.#service
    const { admitted, waiting, reachable } = watch.state
    const workers = isOperator(this.#caller, auth.keys.hasAdmin) ? watch.state.workers : []
    const sample = history.samples.at(-1)
    const queue = { admitted, waiting }
    return sseFrame('snapshot', { model: modelData(model), reachable, jobs, workers, queue, ...(sample && { sample }) })
  }

  async #withReason(job: ListedJob): Promise<DescribedJob & { error?: string }> {
    const described = describeJob(this.#service, this.#caller, job)
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

  #followText({ id, record }: ListedJob, signal: AbortSignal): void {
    if (record.state !== 'active' || this.#words.has(id) || this.#words.size >= followed) return
    this.#words.set(id, '')
    const afterSeq = Math.max(-1, record.last - recalledEvents)
    void this.#sendText(id, afterSeq, signal).finally(() => this.#words.delete(id))
  }

  /** What can't be sent now is not worth waiting for: the page shows the last words only. */
  async #sendText(id: string, afterSeq: number, signal: AbortSignal): Promise<void> {
    try {
      for await (const events of readEvents(this.#service.follow.source, id, { afterSeq, signal })) {
        const text = events.map((event) => (event.type === 'token' ? event.text : '')).join('')
        if (text === '') continue
        this.#words.set(id, `${this.#words.get(id)}${text}`.slice(-recalledCharacters))
        const frame = sseFrame('text', { id, text })
        for (const sse of this.#readers) sse.offer(frame)
      }
    } catch {
      // The job expired or is damaged: its line in the list says so.
    }
  }
}
