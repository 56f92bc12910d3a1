// The oracle: one job as its clients see it. Orders it, reads it with one or two readers that lose their connections and
// resume at any API, and notes everything that contradicts the promise: an event missing, repeated, out of order or
// different for another reader; no end, or two; tokens that an undisturbed run would not have given; a result that is not what was streamed.

import { setTimeout as sleep } from 'node:timers/promises'
import { type ClientEvent, followStream } from '../api/sse-client.ts'
import type { Span } from './fault-spans.ts'
import type { Random } from './random.ts'
import type { OrderedGeneration } from './reference.ts'

export interface Order extends OrderedGeneration {
  /** A stream stops when its readers are gone, a job does not. */
  via: 'stream' | 'job'
  /** `stopped`: by DELETE at a random moment. `left`: all readers go away, and it must stop by itself. */
  ending: 'whole' | 'stopped' | 'left'
  readers: number
}

export interface WitnessDeps {
  urls: string[]
  random: Random
  /** The token texts that an undisturbed run gives; null: not known. */
  reference: string[] | null
  /** How long a stream goes on without readers. */
  graceMs: number
  /** Aborts when the time for ending is over. */
  giveUp: AbortSignal
}

/** A client goes to another API when it has heard nothing for so long. */
const silenceMs = 4000
const retryMs = 150

let ordered = 0

export class Witness {
  readonly violations: string[] = []
  readonly order: Order
  id = ''
  /** Connections beyond the first of each reader. */
  resumes = 0
  /** The largest time between two token events that a reader saw, from the first on. */
  largestGapMs = 0
  /**
   * When no API served any reader for the grace and more, where it was stopped for that though ordered whole: as it should
   * be, if there were faults that explain it. null: it was not.
   */
  unreached: Span | null = null
  readonly #deps: WitnessDeps
  readonly #key = `order-${process.pid}-${++ordered}`
  /** What any reader has seen: seq -> `type data`. */
  readonly #seen = new Map<number, string>()
  readonly #texts: string[] = []
  #end: ClientEvent | null = null
  /** When an API last served any reader: opened its stream, or sent an event. */
  #reachedAt = 0
  /** The longest time in which none did. */
  #longestAway: Span = { from: 0, until: 0 }
  /** The last answers, for the report of a job that does not end. */
  readonly #answers: string[] = []

  constructor(order: Order, deps: WitnessDeps) {
    this.order = order
    this.#deps = deps
  }

  get ended(): boolean {
    return this.#end !== null
  }

  get events(): number {
    return this.#seen.size
  }

  /** Resolves when the job has ended and everything has been compared, or the time is over. Never rejects. */
  async run(): Promise<void> {
    this.#reachedAt = performance.now()
    try {
      const first = await this.#submit()
      const { ending, readers } = this.order
      const later = Array.from({ length: readers - 1 }, async () => {
        await this.#pause(this.#deps.random.between(0, 2000))
        await this.#read(null)
      })
      const stopping = ending === 'stopped' ? this.#stop() : null
      await Promise.all([this.#read(first), ...later, stopping])
      if (this.#end) await this.#compare(this.#end)
    } catch (thrown) {
      const why = thrown as Error
      if (this.#deps.giveUp.aborted) this.#note(`no end: ${this.#seen.size} events were seen; ${this.#doing}`)
      else this.#note(`the witness failed: ${why.stack ?? why.message}`)
    }
  }

  get #longestAwayMs(): number {
    return this.#longestAway.until - this.#longestAway.from
  }

  get #doing(): string {
    const { ending, via, readers } = this.order
    const away = `unreached for ${Math.round(this.#longestAwayMs)} ms at most`
    return `${ending}, via ${via}, ${readers} readers, ${away}; the last answers: ${this.#answers.join('; ')}`
  }

  #reached(): void {
    const now = performance.now()
    if (now - this.#reachedAt > this.#longestAwayMs) this.#longestAway = { from: this.#reachedAt, until: now }
    this.#reachedAt = now
  }

  #note(what: string): void {
    if (this.violations.length < 10) this.violations.push(`job ${this.id || this.#key}: ${what}`)
  }

  /** Asks until somebody takes the order: the same key again never starts a second job. */
  async #submit(): Promise<Response | null> {
    const { prompt, max_tokens, seed, via } = this.order
    const request = { prompt, max_tokens, seed, ignore_eos: true, deadline_ms: 3_600_000 }
    for (;;) {
      const path = via === 'job' ? '/jobs' : '/generate/stream'
      const answer = await this.#ask(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': this.#key },
        body: JSON.stringify(via === 'job' ? { kind: 'generate', ...request } : request),
      })
      const id = answer?.headers.get('x-job-id')
      if (answer?.ok && id) {
        this.id = id
        if (via === 'stream') return answer
        await answer.text().catch(() => {})
        return null
      }
      if (answer && answer.status !== 503 && answer.status !== 429) {
        throw new Error(`the order was answered with ${answer.status}: ${await answer.text()}`)
      }
      // Nothing was admitted, so no grace runs.
      if (answer?.status === 429) this.#reachedAt = performance.now()
      await this.#pause(retryMs)
    }
  }

  /** null: no answer, the process or the wire is gone. */
  async #ask(path: string, init: RequestInit = {}): Promise<Response | null> {
    const limit = AbortSignal.timeout(silenceMs * 3)
    const url = this.#deps.random.pick(this.#deps.urls) + path
    const told = (how: unknown) => {
      this.#answers.push(`${Math.round(performance.now())} ${init.method ?? 'GET'} ${url}: ${how}`)
      if (this.#answers.length > 12) this.#answers.shift()
    }
    try {
      const signals = [this.#deps.giveUp, limit, ...(init.signal ? [init.signal] : [])]
      const answer = await fetch(url, { ...init, signal: AbortSignal.any(signals) })
      told(answer.status)
      return answer
    } catch (thrown) {
      told(thrown)
      await this.#pause(retryMs)
      return null
    }
  }

  /** One reader, over as many connections as it takes, until the end. */
  async #read(opened: Response | null): Promise<void> {
    const { random } = this.#deps
    const reader: Reader = { cursor: -1, ended: false, lastTokenAt: null }
    let response = opened
    for (let connections = 0; !reader.ended; connections++) {
      if (connections > 0) this.resumes++
      if (this.order.ending === 'left' && connections === 1) await this.#untilStopped()
      const cut = new AbortController()
      response ??= await this.#ask(`/jobs/${this.id}/stream`, {
        headers: { 'last-event-id': String(reader.cursor) },
        signal: cut.signal,
      })
      const leaves = this.order.ending === 'left' ? connections === 0 : random.next() < 0.3
      if (response) await this.#follow(response, reader, cut, leaves ? random.between(1, 40) : null)
      response = null
    }
  }

  /** @param leaveAfter events after which the client goes away by itself */
  async #follow(response: Response, reader: Reader, cut: AbortController, leaveAfter: number | null): Promise<void> {
    if (response.status !== 200) {
      const body = await response.text().catch(() => '')
      if (response.status !== 503) throw new Error(`resuming behind ${reader.cursor} gave ${response.status} ${body}`)
      await this.#pause(retryMs)
      return
    }
    this.#reached()
    const silence = setTimeout(() => cut.abort(), silenceMs)
    let seen = 0
    try {
      for await (const event of followStream(response)) {
        silence.refresh()
        this.#reached()
        this.#take(event, reader)
        if (leaveAfter !== null && ++seen >= leaveAfter && !reader.ended) return
      }
      if (!reader.ended) this.#note(`a stream looked complete without an end, behind ${reader.cursor}`)
    } catch {
      // The connection broke: what a client resumes from.
    } finally {
      clearTimeout(silence)
      cut.abort()
      await response.body?.cancel().catch(() => {})
    }
  }

  #take(event: ClientEvent, reader: Reader): void {
    const { id: seq, type, data } = event
    if (seq === null) {
      // A moved place in the line is the only event that is nobody's but this reader's.
      if (type === 'queued') return
      this.#note(`an event without an id: ${type} ${JSON.stringify(data)}`)
      reader.ended = true
      return
    }
    if (reader.ended) this.#note(`event ${seq} (${type}) after the end`)
    if (seq !== reader.cursor + 1) this.#note(`event ${seq} came behind event ${reader.cursor}`)
    reader.cursor = seq
    const whole = `${type} ${JSON.stringify(data)}`
    const known = this.#seen.get(seq)
    if (known === undefined) this.#firstSight(seq, whole, event)
    else if (known !== whole) this.#note(`event ${seq} is "${whole}" for one reader and "${known}" for another`)
    if (type === 'token') {
      const now = performance.now()
      if (reader.lastTokenAt !== null) this.largestGapMs = Math.max(this.largestGapMs, now - reader.lastTokenAt)
      reader.lastTokenAt = now
    }
    if (type === 'done' || type === 'error') reader.ended = true
  }

  #firstSight(seq: number, whole: string, event: ClientEvent): void {
    this.#seen.set(seq, whole)
    if (event.type === 'token') {
      const expected = this.#deps.reference?.[this.#texts.length]
      if (this.#deps.reference && event.data.token !== expected) {
        this.#note(
          `token ${this.#texts.length} is ${JSON.stringify(event.data.token)}, not ${JSON.stringify(expected)}`,
        )
      }
      this.#texts.push(String(event.data.token))
    }
    if (event.type === 'error') this.#note(`ended with an error: ${JSON.stringify(event.data)}`)
    if (event.type === 'done' || event.type === 'error') this.#end = event
  }

  async #stop(): Promise<void> {
    await this.#pause(this.#deps.random.between(200, 4000))
    for (;;) {
      const answer = await this.#ask(`/jobs/${this.id}`, { method: 'DELETE' })
      await answer?.text().catch(() => {})
      if (answer?.ok) return
      if (answer && answer.status !== 503) throw new Error(`DELETE was answered with ${answer.status}`)
      await this.#pause(retryMs)
    }
  }

  /** Nobody reads any more: the job has to end by itself. */
  async #untilStopped(): Promise<void> {
    for (;;) {
      const state = (await this.#job())?.state
      if (state !== undefined && state !== 'active' && state !== 'queued') return
      await this.#pause(500)
    }
  }

  async #job(): Promise<Record<string, unknown> | null> {
    const answer = await this.#ask(`/jobs/${this.id}`)
    const body = await answer?.text().catch(() => null)
    if (answer?.status === 404) throw new Error(`GET says ${body}`)
    return answer?.ok && body ? JSON.parse(body) : null
  }

  /** The end and the result against what was streamed. */
  async #compare({ type, data }: ClientEvent): Promise<void> {
    if (type !== 'done') return
    const { ending, via, max_tokens: maxTokens } = this.order
    const { reference, graceMs } = this.#deps
    const reason = data.finish_reason
    const excused = ending === 'whole' && via === 'stream' && reason === 'cancelled' && this.#longestAwayMs >= graceMs
    this.unreached = excused ? this.#longestAway : null
    const allowed = ending === 'whole' && !this.unreached ? ['length'] : ['length', 'cancelled']
    if (!allowed.includes(String(reason))) {
      this.#note(`finish_reason is ${reason}; allowed: ${allowed}; ${this.#doing}`)
    }
    if (reason === 'length' && reference && this.#texts.length !== reference.length) {
      this.#note(`${this.#texts.length} token events where an undisturbed run has ${reference.length}`)
    }
    const generated = reason === 'length' ? maxTokens : this.#texts.length
    if (data.tokens_generated !== generated) {
      this.#note(`tokens_generated is ${data.tokens_generated} where ${generated} were streamed`)
    }
    let job = await this.#job()
    while (job === null) {
      await this.#pause(retryMs)
      job = await this.#job()
    }
    const { state, result } = job as { state: string; result?: { text: string } & Record<string, unknown> }
    const expected = reason === 'cancelled' ? 'cancelled' : 'completed'
    if (state !== expected) this.#note(`GET says ${state} where the stream ended with ${reason}`)
    if (result?.text !== this.#texts.join('')) this.#note(`the result's text is not what was streamed`)
    for (const [name, value] of Object.entries(data)) {
      if (JSON.stringify(result?.[name]) !== JSON.stringify(value))
        this.#note(`${name} differs between result and stream`)
    }
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#deps.giveUp })
  }
}

interface Reader {
  /** The last seq it has. */
  cursor: number
  ended: boolean
  lastTokenAt: number | null
}
