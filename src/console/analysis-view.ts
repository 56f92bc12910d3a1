// The analysis of a log: what failed, where, what to do about it, and whether that was right.

import type { Analysis } from '../client/types.ts'
import { button, copyButton, element } from './element.ts'
import { withRedactions } from './log-view.ts'
import { post } from './service.ts'

type Evidence = NonNullable<Analysis['root_cause']>['evidence'][number]
type Fix = Analysis['fixes'][number]

export function analysisView(jobId: string, analysis: Analysis, jump: (line: number) => void): HTMLElement {
  const { root_cause: cause } = analysis
  return element(
    'div',
    { class: 'analysis' },
    element(
      'p',
      { class: 'chips' },
      chip(analysis.severity, `severity-${analysis.severity}`),
      chip(analysis.category),
      analysis.phase === 'unknown' ? null : chip(analysis.phase),
      cause === null ? null : chip(`${cause.confidence} confidence`),
      analysis.status === 'partial' ? chip('partial: the explanation is not complete', 'severity-medium') : null,
    ),
    element('h2', { text: cause?.statement ?? 'No failure found' }),
    knownCase(analysis),
    section('Evidence', cause?.evidence.map((evidence) => evidenceItem(evidence, jump)) ?? []),
    section('Fixes', analysis.fixes.map(fixItem)),
    section('Also seen', analysis.contributing.map(plainItem)),
    section('Prevention', analysis.prevention.map(plainItem)),
    section('Similar cases', analysis.similar_cases.map(similarItem)),
    section('References', analysis.references.filter(({ url }) => /^https?:/.test(url)).map(referenceItem)),
    element('p', { class: 'hint', text: counts(analysis) }, redactionButton(analysis, jump)),
    feedback(jobId),
  )
}

function chip(text: string, kind = ''): HTMLElement {
  return element('span', { class: `chip ${kind}`, text })
}

function knownCase({ known_case: known }: Analysis): HTMLElement | null {
  if (!known) return null
  const times = known.seen < 2 ? '' : ` (${known.seen} times)`
  return element('p', { class: 'known', text: `Seen before${times}: ${known.title}` })
}

function section(title: string, items: HTMLElement[]): HTMLElement | null {
  if (items.length === 0) return null
  return element('section', {}, element('h3', { text: title }), element('ul', { class: 'plain' }, ...items))
}

const plainItem = (text: string) => element('li', { text })

function evidenceItem({ line_start: from, line_end: to, quote }: Evidence, jump: (line: number) => void): HTMLElement {
  const place = from === to ? `line ${from}` : `lines ${from}–${to}`
  return element(
    'li',
    {},
    button(`Show ${place}`, () => jump(from), { class: 'link' }),
    element('pre', { class: 'quote', tabindex: 0 }, withRedactions(quote)),
  )
}

function fixItem({ action, command, risk }: Fix): HTMLElement {
  return element(
    'li',
    { class: 'fix' },
    element('span', { text: action }),
    ' ',
    chip(`${risk} risk`, `risk-${risk}`),
    command === undefined
      ? null
      : element(
          'div',
          { class: 'command' },
          element('code', { text: command }),
          copyButton('Copy', () => command),
        ),
  )
}

const similarItem = ({ title, cause, matched }: Analysis['similar_cases'][number]) =>
  element(
    'li',
    {},
    element('strong', { text: title }),
    ` – ${cause}`,
    matched.includes('wording') ? null : ' (other words, alike in meaning)',
  )

const referenceItem = ({ title, url }: { title: string; url: string }) =>
  element('li', {}, element('a', { href: url, rel: 'noopener noreferrer', target: '_blank', text: title }))

function counts({ reduction, redaction }: Analysis): string {
  const kinds = Object.entries(redaction.by_rule).map(([rule, count]) => `${count} ${rule}`)
  const secrets =
    redaction.count === 0 ? 'No secrets found.' : `${redaction.count} secrets redacted: ${kinds.join(', ')}.`
  return `${reduction.lines_total} lines read, ${reduction.lines_sent} shown to the model. ${secrets} `
}

/** Goes from one redacted line to the next, and from the last to the first. */
function redactionButton({ redaction }: Analysis, jump: (line: number) => void): HTMLElement | null {
  const lines = [...new Set(redaction.spans.map(({ line }) => line))]
  if (lines.length === 0) return null
  let next = 0
  return button('Next redaction', () => jump(lines[next++ % lines.length]!), { class: 'link' })
}

/** Was it right? The answer becomes a case that the next analysis knows. */
function feedback(jobId: string): HTMLElement {
  const said = element('p', { class: 'hint', role: 'status' })
  const really = element('textarea', {
    rows: 2,
    'aria-label': 'What it really was',
    placeholder: 'What was it really?',
  })
  const send = async (body: Record<string, string>) => {
    const answer = await post(`/analyses/${jobId}/feedback`, body).then(
      () => 'Thank you. The next analysis knows.',
      (error: Error) => error.message,
    )
    said.textContent = answer
  }
  const correction = element(
    'div',
    { class: 'correction', hidden: true },
    really,
    button(
      'Send',
      () => void send({ verdict: 'wrong', ...(really.value.trim() !== '' && { cause: really.value.trim() }) }),
    ),
  )
  return element(
    'div',
    { class: 'feedback' },
    element(
      'p',
      { class: 'actions' },
      'Was this right?',
      button('Right', () => void send({ verdict: 'right' })),
      button('Wrong', () => {
        correction.hidden = false
        really.focus()
      }),
    ),
    correction,
    said,
  )
}
