// The figures of a run, as a list of names and values that renews itself.

import { element } from './element.ts'
import type { RunEnd } from './job-run.ts'

export class Figures {
  readonly node = element('dl', { class: 'figures' })
  readonly #values = new Map<string, HTMLElement>()

  set(name: string, value: string | null): void {
    let shown = this.#values.get(name)
    if (!shown) {
      shown = element('dd')
      this.#values.set(name, shown)
      this.node.append(element('div', {}, element('dt', { text: name }), shown))
    }
    shown.textContent = value ?? '–'
  }

  clear(): void {
    this.#values.clear()
    this.node.replaceChildren()
  }

  end({ finish_reason, tokens_generated, usage, timings, seed }: RunEnd): void {
    this.set('Finish reason', finish_reason)
    this.set('TTFT', milliseconds(timings.ttft_ms))
    this.set('Tokens/s', timings.tokens_per_second?.toFixed(1) ?? null)
    this.set('Tokens', String(tokens_generated))
    this.set(
      'Prompt tokens',
      `${usage.prompt_tokens}${usage.cached_tokens > 0 ? ` (${usage.cached_tokens} reused)` : ''}`,
    )
    this.set('Waited', milliseconds(timings.queued_ms))
    this.set('Total', milliseconds(timings.total_ms))
    if (seed !== undefined) this.set('Seed', String(seed))
  }
}

export function milliseconds(value: number | null | undefined): string | null {
  if (value === null || value === undefined) return null
  return value < 10_000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(1)} s`
}
