// An analysis for people at a terminal: what failed, the lines that show it, what to do. Text of the log goes out without
// control characters, so that no log can move the cursor or colour what it did not write.

import type { Analysis, Evidence } from '../logs/analysis.ts'

const context = 3
const shownEvidence = 2

export interface ViewOptions {
  colors: boolean
  /** Lines of the log by number, as far as they are at hand. */
  lines: ReadonlyMap<number, string>
  /** The model's own words; empty where there are none. */
  prose: string
}

const codes = { red: 31, green: 32, yellow: 33, cyan: 36, gray: 90, bold: 1 } as const
type Paint = (style: keyof typeof codes, text: string) => string

export function analysisView(analysis: Analysis, { colors, lines, prose }: ViewOptions): string {
  const paint: Paint = (style, text) => (colors ? `\u001b[${codes[style]}m${text}\u001b[0m` : text)
  if (analysis.root_cause === null) return `${paint('green', '✔')} ${visible(analysis.summary)}\n`
  const { root_cause: cause, known_case: known, similar_cases: similar } = analysis
  const sections = [
    `${paint('red', '✖')} ${paint('bold', visible(cause.statement))}\n  ${paint('gray', factsOf(analysis))}`,
    ...cause.evidence.slice(0, shownEvidence).map((evidence) => sourceView(evidence, lines, paint)),
    known && `${paint('yellow', 'Known case')}: ${visible(known.title)} (seen ${known.seen} times before)`,
    !known && similar[0] && similarView(similar[0], paint),
    list(
      'Fixes',
      analysis.fixes.map((fix) => fixView(fix, paint)),
      paint,
    ),
    prose === '' ? null : `${paint('bold', 'Explanation')}\n  ${visible(prose).replaceAll('\n', '\n  ')}`,
    list(
      'References',
      analysis.references.map(({ title, url }) => `${visible(title)}: ${paint('cyan', visible(url))}`),
      paint,
    ),
  ]
  return `${sections.filter((section) => Boolean(section)).join('\n\n')}\n`
}

function factsOf({
  severity,
  category,
  phase,
  root_cause: cause,
  status,
  error_signature: signature,
}: Analysis): string {
  const facts = [
    `severity ${severity}`,
    category,
    phase === 'unknown' ? '' : `while ${phase}`,
    `confidence ${cause?.confidence}`,
  ]
  if (status === 'partial') facts.push('the explanation is incomplete')
  return `${facts.filter((fact) => fact !== '').join(' · ')}${signature === null ? '' : `\n  ${visible(signature)}`}`
}

/** The quoted lines with a marker, between those around them. */
function sourceView(
  { line_start: start, line_end: end, quote }: Evidence,
  lines: ViewOptions['lines'],
  paint: Paint,
): string {
  const quoted = quote.split('\n')
  const width = String(end + context).length
  const rows: string[] = []
  for (let number = Math.max(1, start - context); number <= end + context; number++) {
    const inside = number >= start && number <= end
    const text = inside ? quoted[number - start] : lines.get(number)
    if (text === undefined) continue
    const gutter = String(number).padStart(width)
    const row = `${gutter} │ ${visible(text).slice(0, 500)}`
    rows.push(inside ? `${paint('red', '>')} ${row}` : paint('gray', `  ${row}`))
  }
  return rows.join('\n')
}

function fixView({ action, command, risk }: Analysis['fixes'][number], paint: Paint): string {
  const warning = risk === 'low' ? '' : paint('yellow', ` (${risk} risk)`)
  return `${visible(action)}${warning}${command === undefined ? '' : `\n    ${paint('cyan', `$ ${visible(command)}`)}`}`
}

function similarView({ title, cause, matched }: Analysis['similar_cases'][number], paint: Paint): string {
  return matched.includes('wording')
    ? `${paint('yellow', 'Usual reason')}: ${visible(cause)}`
    : `${paint('yellow', 'Perhaps alike')}: ${visible(title)}. ${visible(cause)}`
}

function list(title: string, items: string[], paint: Paint): string | null {
  return items.length === 0 ? null : `${paint('bold', title)}\n${items.map((item) => `  - ${item}`).join('\n')}`
}

function visible(text: string): string {
  return text.replaceAll(/[^\P{Cc}\n\t]/gu, '').replaceAll('\t', '    ')
}
