// Analyze a log: drop, choose or paste it, watch the stages and the explanation, and jump to the lines that matter. The
// log itself is shown from this browser; the service sends back only what it quotes.

import { analysisView } from './analysis-view.ts'
import { announcer, button, copyButton, element, labelled } from './element.ts'
import { Figures } from './figures.ts'
import { isOver, JobRun, type RunEnd, type RunState } from './job-run.ts'
import { LogView } from './log-view.ts'
import { jobClient, request } from './service.ts'
import { onStartStopKeys, startStopHint } from './start-stop-keys.ts'

const stages = ['reading', 'redacting', 'reducing', 'retrieving', 'explaining']
const logTypes = ['auto', 'build', 'ci', 'application', 'system', 'kubernetes']
/** Kept for a reload; a browser's session storage holds about 5 MB. */
const mostKept = 1_000_000

const stateWords: Record<RunState, string> = {
  starting: 'Sending the log',
  queued: 'Waiting',
  running: 'Analyzing',
  ended: 'Finished',
  stopped: 'Stopped',
  failed: 'Failed',
}

export class AnalyzePage {
  readonly node: HTMLElement
  readonly #file = element('input', { type: 'file', class: 'off-screen', tabindex: -1, 'aria-hidden': 'true' })
  readonly #pasted = element('textarea', {
    rows: 6,
    spellcheck: 'false',
    placeholder: 'Paste a log, or drop a file anywhere here',
  })
  readonly #type = element('select')
  readonly #view = new LogView()
  readonly #name = element('p', { class: 'hint' })
  readonly #stages = element('ol', { class: 'stages', 'aria-label': 'Stages' })
  readonly #state = element('p', { class: 'state' })
  readonly #prose = element('div', { class: 'answer prose', role: 'region', tabindex: 0, 'aria-label': 'Explanation' })
  readonly #analysis = element('div')
  readonly #problem = element('p', { class: 'problem', role: 'alert' })
  readonly #announcer = announcer()
  readonly #figures = new Figures()
  readonly #start: HTMLButtonElement
  readonly #stop: HTMLButtonElement
  #log: Blob | null = null
  #run: JobRun | null = null

  constructor() {
    this.#start = button('Analyze', () => void this.#startJob(), { class: 'primary' })
    this.#stop = button('Stop', () => void this.#stopJob(), { disabled: true })
    this.#type.append(...logTypes.map((type) => element('option', { value: type, text: type })))
    this.node = element('div', { class: 'split' }, this.#input(), this.#result())
    this.#file.addEventListener('change', () => void this.#take(this.#file.files?.[0] ?? null))
    this.#pasted.addEventListener('input', () => void this.#takeText(this.#pasted.value))
    this.node.addEventListener('dragover', (event) => {
      event.preventDefault()
      this.node.classList.add('dropping')
    })
    this.node.addEventListener('dragleave', () => this.node.classList.remove('dropping'))
    this.node.addEventListener('drop', (event) => {
      event.preventDefault()
      this.node.classList.remove('dropping')
      void this.#take(event.dataTransfer?.files[0] ?? null)
    })
  }

  open(id: string | null): void {
    if (id === null || id === this.#run?.id) return
    const kept = sessionStorage.getItem(`log:${id}`)
    void (async () => {
      if (kept !== null) {
        this.#pasted.value = kept
        await this.#takeText(kept)
      } else if (this.#log === null) this.#name.textContent = 'Drop the log here again to see its lines.'
      await this.#follow(id)
    })()
  }

  #input(): HTMLElement {
    const input = element(
      'section',
      { class: 'card', 'aria-label': 'Log' },
      element('h1', { text: 'Analyze a log' }),
      element(
        'div',
        { class: 'row' },
        element(
          'span',
          { class: 'actions' },
          this.#start,
          this.#stop,
          button('Choose a file', () => this.#file.click()),
          button('Clear', () => this.#clear()),
          element('span', { class: 'hint', text: startStopHint }),
        ),
        labelled('Kind of log', this.#type),
      ),
      this.#file,
      this.#problem,
      labelled('Log text', this.#pasted),
      this.#name,
      this.#view.node,
    )
    onStartStopKeys(input, this.#start, this.#stop)
    return input
  }

  #result(): HTMLElement {
    return element(
      'section',
      { class: 'card', 'aria-label': 'Analysis' },
      element(
        'div',
        { class: 'row' },
        this.#state,
        copyButton('Copy link', () => location.href),
      ),
      this.#stages,
      this.#analysis,
      element('h3', { text: 'Explanation' }),
      this.#prose,
      this.#figures.node,
      this.#announcer.node,
    )
  }

  async #take(file: File | null): Promise<void> {
    if (file === null) return
    this.#pasted.value = ''
    await this.#show(file, `${file.name}, ${size(file.size)}`)
  }

  async #takeText(text: string): Promise<void> {
    if (text === '') {
      this.#log = null
      this.#view.clear()
      this.#name.textContent = ''
      return
    }
    const blob = new Blob([text], { type: 'text/plain' })
    await this.#show(blob, size(blob.size))
  }

  async #show(blob: Blob, what: string): Promise<void> {
    this.#log = blob
    this.#problem.textContent = ''
    this.#name.textContent = `${what}: reading …`
    try {
      await this.#view.load(blob)
      this.#name.textContent = `${what}, ${this.#view.lineCount.toLocaleString()} lines`
    } catch (thrown) {
      this.#problem.textContent = `The log can't be shown: ${(thrown as Error).message}`
    }
  }

  #clear(): void {
    this.#run?.leave()
    this.#run = null
    this.#file.value = ''
    this.#pasted.value = ''
    this.#reset()
    this.#state.textContent = ''
    void this.#takeText('')
    history.pushState(null, '', '#/analyze')
  }

  #reset(): void {
    this.#stages.replaceChildren()
    this.#analysis.replaceChildren()
    this.#prose.textContent = ''
    this.#figures.clear()
    this.#view.mark([], [])
  }

  async #startJob(): Promise<void> {
    const log = this.#log
    this.#problem.textContent = ''
    if (log === null) {
      this.#problem.textContent = 'Choose, drop or paste a log first.'
      return
    }
    this.#run?.leave()
    this.#reset()
    this.#setState('starting', '')
    try {
      const query = new URLSearchParams({ log_type: this.#type.value })
      const response = await request(`/workflows/analyze-log/stream?${query}`, {
        ...{ method: 'POST', headers: { 'Content-Type': 'application/octet-stream' } },
        body: log,
      })
      const id = response.headers.get('X-Job-Id') ?? ''
      if (log.size <= mostKept) sessionStorage.setItem(`log:${id}`, await log.text())
      history.pushState(null, '', `#/analyze/${id}`)
      // Followed like any other job from here on; its grace covers the moment between.
      void response.body?.cancel()
      await this.#follow(id)
    } catch (thrown) {
      this.#setState('failed', '')
      this.#problem.textContent = (thrown as Error).message
    }
  }

  async #follow(id: string): Promise<void> {
    this.#run?.leave()
    this.#reset()
    const run = new JobRun(id, {
      state: (state, detail) => this.#setState(state, detail),
      text: (text) => this.#prose.append(text),
      stage: (stage, counts) => this.#stage(stage, counts),
      end: (end) => this.#finish(id, end),
      connection: (connected) => this.#state.classList.toggle('cut', !connected),
    })
    this.#run = run
    this.#stop.disabled = false
    await run.follow()
  }

  #stage(stage: string, counts: Record<string, number>): void {
    const shown = Object.entries(counts).map(
      ([name, count]) => `${count.toLocaleString()} ${name.replaceAll('_', ' ')}`,
    )
    this.#stages.append(element('li', {}, element('strong', { text: stage }), ` ${shown.join(', ')}`))
    if (stage === stages.at(-1)) this.#announcer.say('The model explains.')
  }

  #finish(id: string, end: RunEnd): void {
    this.#figures.end(end)
    const { analysis } = end
    if (analysis === undefined) return
    const evidence = analysis.root_cause?.evidence ?? []
    this.#view.mark(
      evidence.map(({ line_start, line_end, quote }, rank) => ({
        ...{ from: line_start, to: line_end, best: rank === 0 },
        lines: quote.split('\n'),
      })),
      analysis.redaction.spans,
    )
    this.#analysis.replaceChildren(analysisView(id, analysis, (line) => this.#view.jump(line)))
    const first = evidence[0]
    if (first && this.#log !== null) this.#view.jump(first.line_start)
    this.#announcer.say(`Finished: ${analysis.root_cause?.statement ?? 'no failure found'}`)
  }

  #setState(state: RunState, detail: string): void {
    this.#state.dataset.state = state
    this.#state.textContent = detail === '' ? stateWords[state] : `${stateWords[state]}: ${detail}`
    this.#stop.disabled = isOver(state)
  }

  async #stopJob(): Promise<void> {
    if (this.#run === null) return
    this.#stop.disabled = true
    await jobClient()
      .jobs.stop(this.#run.id)
      .catch((error: Error) => {
        this.#problem.textContent = error.message
      })
  }
}

function size(bytes: number): string {
  return bytes < 100_000 ? `${(bytes / 1024).toFixed(1)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`
}
