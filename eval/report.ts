// The evaluation as text: one table a half, and the cases that were missed.

import type { EvalCase, Half } from './case.ts'
import type { Share } from './interval.ts'
import { type Score, type Summary, thresholds } from './score.ts'

export interface HalfResult {
  half: Half
  cases: EvalCase[]
  scores: Score[]
  summaries: { name: string; summary: Summary }[]
}

const rows: [string, (summary: Summary) => string, string][] = [
  ['hit@1', ({ hitAt1 }) => shown(hitAt1), `>= ${thresholds.hitAt1}`],
  ['hit@any', ({ hitAny }) => shown(hitAny), `>= ${thresholds.hitAny}`],
  ['category', ({ category }) => shown(category), `>= ${thresholds.category}`],
  ['clean called clean', ({ clean }) => shown(clean), `>= ${thresholds.clean}`],
  ['quotes faithful', ({ fidelity }) => shown(fidelity), `= ${thresholds.fidelity}`],
  ['secrets leaked', ({ leaks }) => String(leaks), '= 0'],
  ['lines of the first quote, median', ({ firstLines }) => String(firstLines), ''],
  ['ms a log, median / most', ({ timeMs }) => `${timeMs.median.toFixed(1)} / ${timeMs.max.toFixed(0)}`, ''],
]

/** `0.912 (31/34, 0.77-0.97)`: the share, its counts, Wilson's 95 % interval. */
function shown({ hits, total, value, low, high }: Share): string {
  if (total === 0) return '-'
  return `${value.toFixed(3)} (${hits}/${total}, ${low.toFixed(2)}-${high.toFixed(2)})`
}

export function halfReport({ half, cases, summaries }: HalfResult): string {
  const head = [`${half} half`, ...summaries.map(({ name }) => name), 'wanted']
  const body = rows.map(([name, cell, wanted]) => [name, ...summaries.map(({ summary }) => cell(summary)), wanted])
  const clean = cases.filter((each) => each.label.lines.length === 0).length
  const scenarios = new Set(cases.map((each) => each.label.scenario)).size
  return `${half} half: ${cases.length} logs of ${scenarios} scenarios, ${clean} of them clean\n${table(head, body)}\n`
}

/** What went wrong with which case; with `named: false` only how often, so that nobody tunes rules to the names. */
export function missReport({ half, scores }: HalfResult, named: boolean): string {
  const kinds = scores.flatMap((score) => problemsOf(score).map((problem) => ({ problem, name: score.name })))
  if (kinds.length === 0) return ''
  const lines = [...new Set(kinds.map(({ problem }) => problem))].map((problem) => {
    const names = kinds.filter((each) => each.problem === problem).map(({ name }) => name)
    return `  ${problem}: ${named ? names.join(', ') : names.length}`
  })
  return `${half} half, missed:\n${lines.join('\n')}\n`
}

function problemsOf(score: Score): string[] {
  const problems: string[] = []
  if (score.clean && !score.right) problems.push('clean, but called failed')
  if (!score.clean && score.quotes === 0) problems.push('failed, but called clean')
  else if (!score.clean && !score.any) problems.push('another line')
  else if (!score.clean && !score.right) problems.push('right line, but not first')
  if (!score.clean && !score.category) problems.push('another category')
  if (score.unfaithful > 0) problems.push('unfaithful quote')
  if (score.leaks.length > 0) problems.push('leak')
  return problems
}

export function caseReport({ name, half, label }: EvalCase, score: Score, output: unknown): string {
  const wanted =
    label.lines.length === 0
      ? 'clean'
      : `lines ${label.lines.map(([from, to]) => (from === to ? from : `${from}-${to}`)).join(', ')}`
  return [
    `${name} (${half} half, ${label.format}): wanted ${wanted}, ${label.categories.join(' or ')}`,
    `found: ${problemsOf(score).join('; ') || 'all right'}, ${score.timeMs.toFixed(1)} ms`,
    JSON.stringify(output, null, 2),
    '',
  ].join('\n')
}

/** A table for a terminal and for Markdown alike. */
function table(head: string[], body: string[][]): string {
  const widths = head.map((_, column) => Math.max(...[head, ...body].map((row) => row[column]?.length ?? 0)))
  const line = (row: string[]) => `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`
  return [line(head), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...body.map(line)].join('\n')
}
