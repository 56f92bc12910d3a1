// A log of any length: only the lines in sight are in the page. Evidence is marked and can be jumped to; what the
// service has redacted is shown as it was sent on.

import type { Analysis } from '../client/types.ts'
import { visibleText } from '../logs/control-codes.ts'
import { element } from './element.ts'
import type { LogLines } from './log-thread.ts'

const lineHeight = 20
/** Browsers don't draw elements of any height; a longer log moves faster under the bar. */
const mostHeight = 8_000_000
/** A line longer than this is cut in sight. */
const mostBytes = 4000
/** Lines drawn beyond what is in sight. */
const margin = 12

export interface Mark {
  from: number
  to: number
  /** What the service says the lines are, redacted. */
  lines: string[]
  best: boolean
}

type Span = Analysis['redaction']['spans'][number]

export class LogView {
  readonly node = element('div', { class: 'log', tabindex: 0, role: 'region', 'aria-label': 'Log' })
  readonly #space = element('div', { class: 'log-space' })
  readonly #shown = element('ol', { class: 'log-lines' })
  readonly #decoder = new TextDecoder()
  #lines: LogLines | null = null
  #marks: Mark[] = []
  /** By line. */
  #redacted = new Map<number, Span[]>()

  constructor() {
    this.#space.append(this.#shown)
    this.node.append(this.#space)
    this.node.addEventListener('scroll', () => this.#draw())
    new ResizeObserver(() => this.#draw()).observe(this.node)
  }

  get lineCount(): number {
    return this.#lines === null ? 0 : this.#lines.starts.length - 1
  }

  /** @throws Error when the file can't be read */
  async load(blob: Blob): Promise<void> {
    const thread = new Worker('/console/log-thread.js', { type: 'module' })
    try {
      this.#lines = await new Promise<LogLines>((resolve, reject) => {
        thread.onmessage = ({ data }) => ('problem' in data ? reject(new Error(data.problem)) : resolve(data))
        thread.onerror = () => reject(new Error('this file could not be read'))
        thread.postMessage(blob)
      })
    } finally {
      thread.terminate()
    }
    this.#forget()
    this.#space.style.height = `${this.#height}px`
    this.node.scrollTop = 0
    this.#draw()
  }

  clear(): void {
    this.#lines = null
    this.#forget()
    this.#space.style.height = '0'
    this.#draw()
  }

  mark(marks: Mark[], redacted: readonly Span[]): void {
    this.#forget()
    this.#marks = marks
    for (const span of redacted) this.#redacted.set(span.line, [...(this.#redacted.get(span.line) ?? []), span])
    this.#draw()
  }

  #forget(): void {
    this.#marks = []
    this.#redacted.clear()
  }

  /** Brings a line (1-based) into the middle. */
  jump(line: number): void {
    const rows = this.node.clientHeight / lineHeight
    this.node.scrollTop = Math.max(0, line - 1 - rows / 2) * lineHeight * this.#scale
    this.#draw()
    this.node.focus({ preventScroll: true })
    this.node.scrollIntoView({ block: 'nearest' })
  }

  get #height(): number {
    return Math.min(this.lineCount * lineHeight, mostHeight)
  }

  /** Pixels of the bar for one of the log. */
  get #scale(): number {
    return this.lineCount === 0 ? 1 : this.#height / (this.lineCount * lineHeight)
  }

  #draw(): void {
    const { scrollTop, clientHeight } = this.node
    const top = Math.floor(scrollTop / this.#scale / lineHeight)
    const from = Math.max(0, top - margin)
    const to = Math.min(this.lineCount, top + Math.ceil(clientHeight / lineHeight) + margin)
    this.#shown.style.top = `${scrollTop - (top - from) * lineHeight - (this.#scale === 1 ? scrollTop % lineHeight : 0)}px`
    this.#shown.replaceChildren(...Array.from({ length: Math.max(0, to - from) }, (_, i) => this.#line(from + i + 1)))
  }

  #line(number: number): HTMLElement {
    const mark = this.#marks.find(({ from, to }) => number >= from && number <= to)
    const quoted = mark?.lines[number - mark.from]
    const text = quoted === undefined ? this.#own(number) : withRedactions(quoted)
    const kind = mark === undefined ? '' : mark.best ? ' best' : ' evidence'
    return element('li', { class: `log-line${kind}` }, element('span', { class: 'number', text: String(number) }), text)
  }

  #own(number: number): HTMLElement {
    const text = this.#text(number)
    const line = element('span', { class: 'text' })
    let at = 0
    for (const { start, end, placeholder } of this.#redacted.get(number) ?? []) {
      if (start >= text.length) break
      line.append(text.slice(at, start), redaction(placeholder))
      at = end
    }
    line.append(text.slice(at))
    return line
  }

  #text(number: number): string {
    const { bytes, starts } = this.#lines as LogLines
    const begin = starts[number - 1] as number
    const end = starts[number] as number
    const text = this.#decoder.decode(bytes.subarray(begin, Math.min(end, begin + mostBytes)))
    return visibleText(text.replace(/\n$/, '')) + (end - begin > mostBytes ? ' …' : '')
  }
}

/** A text with its redactions as marks of their own. */
export function withRedactions(text: string): HTMLElement {
  const line = element('span', { class: 'text' })
  for (const part of text.split(/(\[REDACTED[^\]]*\]|<redacted[^>]*>)/i)) {
    line.append(/^[[<]redacted/i.test(part) ? redaction(part) : part)
  }
  return line
}

const redaction = (placeholder: string) => element('mark', { class: 'redacted', text: placeholder })
