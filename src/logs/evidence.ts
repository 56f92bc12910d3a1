// Evidence: the ranges of lines that an analysis quotes. A quote is exactly the redacted original text of its lines.

import { type Evidence, maxEvidenceLines } from './analysis.ts'
import type { Anchor } from './anchor-finder.ts'
import type { LineStore, LogLine } from './line-store.ts'
import type { Extent, LogRule } from './rule.ts'

/** A range of line indexes, both ends included, and the anchor that it belongs to. */
export interface EvidenceRange {
  start: number
  end: number
  anchor: Anchor
}

const maxRanges = 5
/** More of a kind say less than another kind does. */
const maxRangesOfRule = 3
/** An anchor this far behind the best one explains nothing that the best one doesn't. */
const maxScoreGap = 34

/** A longer line is quoted by a window of this many characters; a whole quote is at most four of them. */
const maxQuotedLine = 1000
const maxQuote = 4 * maxQuotedLine

/** Ranges of the best anchors, ordered by rank, none overlapping. Wrapper noise only when there is nothing else. */
export function evidenceRanges(lines: LineStore, anchors: Anchor[]): EvidenceRange[] {
  const ranges: EvidenceRange[] = []
  const best = anchors[0]
  if (best === undefined) return ranges
  const ofRule = new Map<LogRule, number>()
  for (const anchor of anchors) {
    if (ranges.length === maxRanges || best.score - anchor.score > maxScoreGap) break
    if (anchor.rule.role === 'wrapper' && best.rule.role !== 'wrapper') continue
    const before = ofRule.get(anchor.rule) ?? 0
    if (before === maxRangesOfRule && anchor.rule.general !== true) continue
    const range = rangeOf(lines, anchor)
    // Tools repeat their errors in a summary at the end.
    const body = lines.body(anchor.index).trim()
    if (ranges.some((other) => lines.body(other.anchor.index).trim() === body)) continue
    if (ranges.some((other) => range.start <= other.end && other.start <= range.end)) continue
    ranges.push(range)
    ofRule.set(anchor.rule, before + 1)
  }
  return ranges
}

function rangeOf(lines: LineStore, anchor: Anchor): EvidenceRange {
  const above = reach(lines, anchor.index, -1, anchor.rule.above)
  const below = reach(lines, anchor.index, 1, anchor.rule.below)
  const start = Math.max(above, anchor.index - maxEvidenceLines / 2 + 1)
  return { start, end: Math.min(below, start + maxEvidenceLines - 1), anchor }
}

/** The last line from `from` on that the extent takes in; blank lines at the end are left out. */
function reach(lines: LineStore, from: number, step: 1 | -1, extent: Extent | undefined): number {
  let last = from
  if (extent === undefined) return last
  for (let distance = 1; distance <= extent.max; distance++) {
    const index = from + step * distance
    if (index < 0 || index >= lines.length) break
    const body = lines.body(index)
    if (!extent.while.test(body.slice(0, 1000))) break
    if (body.trim() !== '') last = index
  }
  return last
}

export function toEvidence(lines: LineStore, range: EvidenceRange): Evidence {
  let quote = ''
  let end = range.end
  for (let index = range.start; index <= range.end; index++) {
    const line = lines.at(index)
    const text = quotedText(line, index === range.anchor.index ? range.anchor.column : 0)
    if (index > range.anchor.index && quote.length + text.length > maxQuote) {
      end = index - 1
      break
    }
    quote += index === range.start ? text : `\n${text}`
  }
  return { line_start: range.start + 1, line_end: end + 1, quote }
}

/** The line, or the window of a huge one in which the match is. */
function quotedText(line: LogLine, column: number): string {
  if (line.text.length <= maxQuotedLine) return line.text
  // The column counts in the body, which is a suffix of the text unless the line was JSON.
  const prefix = line.text.endsWith(line.body) ? line.text.length - line.body.length : 0
  const start = Math.max(0, Math.min(prefix + column - 200, line.text.length - maxQuotedLine))
  return line.text.slice(start, start + maxQuotedLine).toWellFormed()
}
