// What the service does now: the line, the running jobs with their words, the workers, and the last minutes. All of it
// comes over one connection.

import { Chart } from './chart.ts'
import { button, element } from './element.ts'
import { milliseconds } from './figures.ts'
import { activity, jobClient } from './service.ts'

const longestSpanMs = 10 * 60_000
const shortestSpanMs = 60_000
const shownText = 400

interface Job {
  id: string
  kind: string
  state: string
  created_at: string
  position?: number
  eta_ms?: number
  attempt: number
  worker?: { id: string; host: string; pid: number }
  usage: { prompt_tokens: number; completion_tokens: number }
  ttft_ms?: number
  ended_at?: string
  error?: string
}

interface LiveWorker {
  id: string
  host: string
  pid: number
  model: string
  precision: string
  slots: number
  threads: number
  jobs: number
  ready: boolean
}

interface Sample {
  at: number
  tokens_per_second: number
  running: number
  waiting: number
}

interface Snapshot {
  reachable: boolean
  jobs: Job[]
  workers: LiveWorker[]
  queue: { admitted: number; waiting: number }
  sample?: Sample
}

export class JobsPage {
  readonly node: HTMLElement
  readonly #speed = new Chart('Tokens/s', '')
  readonly #ttft = new Chart('TTFT', 'ms', true)
  readonly #depth = new Chart('Waiting', '')
  readonly #totals = element('p', { class: 'totals' })
  readonly #workers = element('tbody')
  readonly #rows = element('tbody')
  readonly #lines = new Map<string, JobLine>()
  readonly #problem = element('p', { class: 'problem', role: 'alert' })
  #samples: Sample[] = []
  #left: AbortController | null = null

  constructor() {
    this.node = element(
      'div',
      { class: 'stack' },
      element(
        'section',
        { class: 'card' },
        element('h1', { text: 'Jobs' }),
        this.#totals,
        this.#problem,
        element('div', { class: 'charts' }, this.#speed.node, this.#ttft.node, this.#depth.node),
      ),
      table('Workers', ['Worker', 'State', 'Model', 'Slots', 'Threads'], this.#workers),
      table('Recent jobs', ['Job', 'State', 'Tokens', 'TTFT', 'Worker', ''], this.#rows),
    )
  }

  /** Connects while the page is shown. */
  show(): void {
    this.#left = new AbortController()
    void this.#listen(this.#left.signal)
  }

  hide(): void {
    this.#left?.abort()
    this.#left = null
  }

  async #listen(signal: AbortSignal): Promise<void> {
    const connection = (connected: boolean) => {
      this.#problem.textContent = connected || signal.aborted ? '' : 'The connection is lost; trying again …'
    }
    try {
      for await (const { type, data } of activity(signal, connection)) {
        if (type === 'history') this.#samples = data.samples
        if (type === 'snapshot') this.#draw(data)
        if (type === 'text') this.#lines.get(data.id)?.add(data.text)
      }
    } catch (thrown) {
      this.#problem.textContent = (thrown as Error).message
    }
  }

  #draw({ jobs, workers, queue, sample, reachable }: Snapshot): void {
    if (sample && sample.at !== this.#samples.at(-1)?.at) this.#samples.push(sample)
    this.#samples = this.#samples.filter(({ at }) => at > Date.now() - longestSpanMs)
    const sinceFirst = Date.now() - (this.#samples[0]?.at ?? Date.now())
    const spanMs = Math.min(longestSpanMs, Math.max(shortestSpanMs, sinceFirst))
    this.#totals.textContent = reachable
      ? `${queue.admitted - queue.waiting} running, ${queue.waiting} waiting, ${workers.length} ${workers.length === 1 ? 'worker' : 'workers'}`
      : 'The queue is not reachable.'
    this.#speed.draw(
      this.#samples.map(({ at, tokens_per_second: value }) => ({ at, value })),
      spanMs,
    )
    this.#depth.draw(
      this.#samples.map(({ at, waiting: value }) => ({ at, value })),
      spanMs,
    )
    const firstTokens = jobs.flatMap((job) =>
      job.ttft_ms === undefined ? [] : [{ at: Date.parse(job.created_at) + job.ttft_ms, value: job.ttft_ms }],
    )
    this.#ttft.draw(
      firstTokens.sort((a, b) => a.at - b.at),
      spanMs,
    )
    this.#workers.replaceChildren(...workers.map(workerRow))
    this.#drawJobs(jobs)
  }

  /** Rows stay where they are, so that a button under the pointer or the focus does not go away. */
  #drawJobs(jobs: Job[]): void {
    const ids = new Set(jobs.map(({ id }) => id))
    for (const [id, line] of this.#lines) {
      if (ids.has(id)) continue
      line.node.remove()
      this.#lines.delete(id)
    }
    let before: Element | null = this.#rows.firstElementChild
    for (const job of jobs) {
      let line = this.#lines.get(job.id)
      if (!line) {
        line = new JobLine(job)
        this.#lines.set(job.id, line)
      }
      line.update(job)
      if (line.node === before) before = before.nextElementSibling
      else this.#rows.insertBefore(line.node, before)
    }
  }
}

class JobLine {
  readonly node = element('tr')
  readonly #state = element('td')
  readonly #tokens = element('td', { class: 'right' })
  readonly #ttft = element('td', { class: 'right' })
  readonly #worker = element('td')
  readonly #text = element('span', { class: 'words' })
  readonly #stop: HTMLButtonElement

  constructor({ id, kind, created_at }: Job) {
    const page = kind === 'generate' ? 'generate' : 'analyze'
    const time = new Date(created_at).toLocaleTimeString()
    this.#stop = button('Stop', () => void this.#stopJob(id), { 'aria-label': `Stop job ${id}` })
    this.node.append(
      element(
        'td',
        {},
        element('a', { href: `#/${page}/${id}`, text: `${kind} ${id.slice(4, 12)}`, title: id }),
        element('small', { class: 'hint', text: ` ${time}` }),
        this.#text,
      ),
      this.#state,
      this.#tokens,
      this.#ttft,
      this.#worker,
      element('td', {}, this.#stop),
    )
  }

  update({ state, position, eta_ms, error, usage, ttft_ms, worker, attempt }: Job): void {
    const place = position === undefined ? '' : `: number ${position}, about ${Math.ceil((eta_ms ?? 0) / 1000)} s`
    const tries = attempt > 1 ? ` (attempt ${attempt})` : ''
    this.#state.textContent = `${state}${place}${tries}`
    this.#state.className = `job-${state}`
    if (error !== undefined) this.#state.append(element('small', { class: 'reason', text: error }))
    this.#tokens.textContent = String(usage.completion_tokens)
    this.#ttft.textContent = milliseconds(ttft_ms) ?? ''
    this.#worker.textContent = worker ? `${worker.host}:${worker.pid}` : ''
    const over = state !== 'queued' && state !== 'active'
    this.#stop.hidden = over
    if (over) this.#text.textContent = ''
  }

  add(text: string): void {
    this.#text.textContent = `${this.#text.textContent}${text}`.slice(-shownText)
  }

  async #stopJob(id: string): Promise<void> {
    this.#stop.disabled = true
    await jobClient()
      .jobs.stop(id)
      .catch(() => {
        this.#stop.disabled = false
      })
  }
}

function workerRow({ id, host, pid, model, precision, slots, jobs, threads, ready }: LiveWorker): HTMLElement {
  const load = element('meter', { min: 0, max: slots, value: jobs, 'aria-label': `${jobs} of ${slots} slots` })
  return element(
    'tr',
    {},
    element('td', { text: `${host}:${pid}`, title: id }),
    element('td', { text: ready ? 'ready' : 'starting', class: ready ? 'job-completed' : 'job-queued' }),
    element('td', { text: `${model} (${precision})` }),
    element('td', {}, load, ` ${jobs}/${slots}`),
    element('td', { class: 'right', text: String(threads) }),
  )
}

const columnsOfNumbers: ReadonlySet<string> = new Set(['Threads', 'Tokens', 'TTFT'])

function table(title: string, columns: string[], body: HTMLElement): HTMLElement {
  const heads = columns.map((name) => {
    return element('th', { scope: 'col', text: name, class: columnsOfNumbers.has(name) ? 'right' : '' })
  })
  return element(
    'section',
    { class: 'card' },
    element(
      'div',
      { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': title },
      element(
        'table',
        {},
        element('caption', { text: title }),
        element('thead', {}, element('tr', {}, ...heads)),
        body,
      ),
    ),
  )
}
