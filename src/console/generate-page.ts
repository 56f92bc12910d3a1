// Ask the model: prompt, settings, the answer as it comes, and what it took. The job's id is in the address, so that a
// reload, or somebody else with the address, goes on reading the same answer.

import { announcer, button, copyButton, element, labelled } from './element.ts'
import { Figures, milliseconds } from './figures.ts'
import { isOver, JobRun, type RunEnd, type RunState } from './job-run.ts'
import { jobClient, post } from './service.ts'
import { onStartStopKeys, startStopHint } from './start-stop-keys.ts'

const settings: [name: string, label: string, attributes: Record<string, string | number>, hint: string][] = [
  ['max_tokens', 'Max tokens', { type: 'number', min: 1, value: 256 }, 'up to the context left'],
  ['temperature', 'Temperature', { type: 'number', min: 0, max: 2, step: 'any', value: 0.7 }, '0 is greedy'],
  ['top_p', 'Top p', { type: 'number', min: 0, max: 1, step: 'any', value: 0.9 }, 'above 0, up to 1'],
  ['top_k', 'Top k', { type: 'number', min: 0, max: 1000, value: 0 }, '0 is off'],
  ['repetition_penalty', 'Repetition penalty', { type: 'number', min: 0.1, max: 2, step: 'any', value: 1 }, '1 is off'],
  ['seed', 'Seed', { type: 'number', min: 0 }, 'empty: chosen and reported'],
]

const stateWords: Record<RunState, string> = {
  starting: 'Starting',
  queued: 'Waiting',
  running: 'Writing',
  ended: 'Finished',
  stopped: 'Stopped',
  failed: 'Failed',
}

export class GeneratePage {
  readonly node: HTMLElement
  readonly #prompt = element('textarea', { rows: 7, placeholder: 'What is a message queue?', required: true })
  readonly #form = element('select')
  readonly #stopStrings = element('input', { type: 'text', spellcheck: 'false', autocomplete: 'off' })
  readonly #inputs = new Map<string, HTMLInputElement>()
  readonly #answer = element('div', { class: 'answer', tabindex: 0, role: 'region', 'aria-label': 'Answer' })
  readonly #state = element('p', { class: 'state' })
  readonly #announcer = announcer()
  readonly #figures = new Figures()
  readonly #problem = element('p', { class: 'problem', role: 'alert' })
  readonly #start: HTMLButtonElement
  readonly #stop: HTMLButtonElement
  #run: JobRun | null = null
  #startedAt: number | null = null

  constructor() {
    this.#form.append(
      element('option', { value: 'messages', text: 'Chat message' }),
      element('option', { value: 'prompt', text: 'Raw prompt' }),
    )
    this.#start = element('button', { type: 'submit', class: 'primary', text: 'Generate' })
    this.#stop = button('Stop', () => void this.#stopJob(), { disabled: true })
    this.node = element('div', { class: 'split' }, this.#request(), this.#result())
  }

  /** Shows the job of the address, or an empty page. */
  open(id: string | null): void {
    if (id === null || id === this.#run?.id) return
    this.#prompt.value = sessionStorage.getItem(`prompt:${id}`) ?? this.#prompt.value
    void this.#follow(id)
  }

  #request(): HTMLElement {
    const fields = settings.map(([name, label, attributes, hint]) => {
      const input = element('input', attributes)
      this.#inputs.set(name, input)
      return labelled(label, input, hint)
    })
    const form = element(
      'form',
      { class: 'card', novalidate: true },
      element('h1', { text: 'Generate' }),
      labelled('Prompt', this.#prompt),
      element(
        'div',
        { class: 'actions' },
        this.#start,
        this.#stop,
        element('span', { class: 'hint', text: startStopHint }),
      ),
      this.#problem,
      element(
        'details',
        {},
        element('summary', { text: 'Settings' }),
        element(
          'div',
          { class: 'grid' },
          labelled('Form', this.#form, 'raw: no chat template is added'),
          ...fields,
          labelled('Stop at', this.#stopStrings, 'up to 4 texts, separated by |'),
        ),
      ),
    )
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      void this.#startJob()
    })
    onStartStopKeys(form, this.#start, this.#stop)
    return form
  }

  #result(): HTMLElement {
    return element(
      'section',
      { class: 'card', 'aria-label': 'Result' },
      element(
        'div',
        { class: 'row' },
        this.#state,
        element(
          'span',
          { class: 'actions' },
          copyButton('Copy text', () => this.#answer.textContent ?? ''),
          copyButton('Copy link', () => location.href),
        ),
      ),
      this.#answer,
      this.#figures.node,
      this.#announcer.node,
    )
  }

  async #startJob(): Promise<void> {
    this.#problem.textContent = ''
    const prompt = this.#prompt.value
    if (prompt.trim() === '') {
      this.#problem.textContent = 'Write a prompt first.'
      this.#prompt.focus()
      return
    }
    this.#run?.leave()
    this.#startedAt = performance.now()
    this.#show('starting', '')
    try {
      const { id } = await post<{ id: string }>('/jobs', this.#body(prompt))
      sessionStorage.setItem(`prompt:${id}`, prompt)
      history.pushState(null, '', `#/generate/${id}`)
      await this.#follow(id)
    } catch (thrown) {
      this.#show('failed', '')
      this.#problem.textContent = thrown instanceof Error ? thrown.message : String(thrown)
    }
  }

  /** A reload takes less than the grace, so the job goes on; closing the page stops it. */
  #body(prompt: string): Record<string, unknown> {
    const body: Record<string, unknown> = { kind: 'generate', on_disconnect: 'cancel' }
    if (this.#form.value === 'prompt') body.prompt = prompt
    else body.messages = [{ role: 'user', content: prompt }]
    for (const [name, input] of this.#inputs) if (input.value !== '') body[name] = Number(input.value)
    const stop = this.#stopStrings.value.split('|').filter((text) => text !== '')
    if (stop.length > 0) body.stop = stop
    return body
  }

  async #follow(id: string): Promise<void> {
    this.#run?.leave()
    this.#answer.textContent = ''
    this.#figures.clear()
    const run = new JobRun(id, {
      state: (state, detail) => this.#show(state, detail),
      text: (text) => this.#append(text),
      end: (end) => this.#finish(end),
      connection: (connected) => this.#state.classList.toggle('cut', !connected),
    })
    this.#run = run
    this.#stop.disabled = false
    await run.follow()
  }

  #append(text: string): void {
    const { scrollTop, scrollHeight, clientHeight } = this.#answer
    const atEnd = scrollTop + clientHeight >= scrollHeight - 30
    this.#answer.append(text)
    if (atEnd) this.#answer.scrollTop = this.#answer.scrollHeight
    if (this.#startedAt !== null) {
      this.#figures.set('TTFT', milliseconds(performance.now() - this.#startedAt))
      this.#startedAt = null
    }
    this.#figures.set('Tokens/s', this.#run?.tokensPerSecond?.toFixed(1) ?? null)
  }

  #finish(end: RunEnd): void {
    this.#figures.end(end)
    this.#announcer.say(`${this.#state.textContent}, ${end.tokens_generated} tokens.`)
  }

  #show(state: RunState, detail: string): void {
    this.#state.dataset.state = state
    this.#state.textContent = detail === '' ? stateWords[state] : `${stateWords[state]}: ${detail}`
    this.#stop.disabled = isOver(state)
    if (state === 'queued' || state === 'failed') this.#announcer.say(this.#state.textContent)
  }

  async #stopJob(): Promise<void> {
    if (this.#run === null || this.#stop.disabled) return
    this.#stop.disabled = true
    await jobClient()
      .jobs.stop(this.#run.id)
      .catch((error: Error) => {
        this.#problem.textContent = error.message
      })
  }
}
