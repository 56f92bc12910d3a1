// Judges the answer to one case, and sums a set of judgements up.

import { median } from '../src/cli/load/statistics.ts'
import { visibleText } from '../src/logs/control-codes.ts'
import { Redactor } from '../src/logs/redactor.ts'
import type { Answer, Quote } from './answer.ts'
import type { EvalCase } from './case.ts'
import { type Share, share } from './interval.ts'
import { rawLines } from './lines.ts'

export interface Score {
  name: string
  clean: boolean
  /** Of a clean log: it was called clean. Of a failed one: the first quote has a failing line. */
  right: boolean
  /** One of the quotes has a failing line. */
  any: boolean
  category: boolean
  quotes: number
  /** Lines of the first quote; 0 without one. A hit is worth more the fewer lines it shows. */
  firstLines: number
  /** Quotes that are not the redacted original. */
  unfaithful: number
  /** Planted secrets in the output. */
  leaks: string[]
  timeMs: number
}

export function scoreOf({ name, label, log }: EvalCase, answer: Answer, originals = redactedLines(log)): Score {
  const clean = label.lines.length === 0
  const hits = answer.quotes.map(({ start, end }) => label.lines.some(([from, to]) => start <= to && from <= end))
  return {
    name,
    clean,
    right: clean ? answer.quotes.length === 0 : hits[0] === true,
    any: hits.includes(true),
    category: label.categories.includes(answer.category),
    quotes: answer.quotes.length,
    firstLines: answer.quotes[0] === undefined ? 0 : answer.quotes[0].end - answer.quotes[0].start + 1,
    unfaithful: answer.quotes.filter((quote) => !isFaithful(quote, originals)).length,
    leaks: label.secrets.filter((secret) => contains(answer.output, secret)),
    timeMs: answer.timeMs,
  }
}

/** The original lines as they may be shown, computed without the analysis: split, made visible, redacted in order. */
export function redactedLines(log: Uint8Array): string[] {
  const redactor = new Redactor()
  return rawLines(log).map((line) => redactor.redactLine(visibleText(line)))
}

/** Lines longer than this may be quoted by a piece. */
const longLine = 1000

function isFaithful({ start, end, text }: Quote, originals: string[]): boolean {
  const quoted = text.split('\n')
  if (quoted.length !== end - start + 1) return false
  return quoted.every((line, index) => {
    const original = originals[start - 1 + index]
    if (original === undefined) return false
    return original === line || (original.length > longLine && line.length >= longLine - 1 && original.includes(line))
  })
}

function contains(value: unknown, secret: string): boolean {
  if (typeof value === 'string') return value.includes(secret)
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(([key, inner]) => key.includes(secret) || contains(inner, secret))
}

export interface Summary {
  failed: number
  hitAt1: Share
  hitAny: Share
  category: Share
  fidelity: Share
  leaks: number
  clean: Share
  /** Median over the failed logs. */
  firstLines: number
  timeMs: { median: number; max: number }
}

export function summaryOf(scores: Score[]): Summary {
  const failed = scores.filter((score) => !score.clean)
  const clean = scores.filter((score) => score.clean)
  const quotes = scores.reduce((sum, score) => sum + score.quotes, 0)
  const unfaithful = scores.reduce((sum, score) => sum + score.unfaithful, 0)
  const times = scores.map((score) => score.timeMs).sort((a, b) => a - b)
  return {
    failed: failed.length,
    hitAt1: share(failed.filter((score) => score.right).length, failed.length),
    hitAny: share(failed.filter((score) => score.any).length, failed.length),
    category: share(failed.filter((score) => score.category).length, failed.length),
    fidelity: share(quotes - unfaithful, quotes),
    leaks: scores.reduce((sum, score) => sum + score.leaks.length, 0),
    clean: share(clean.filter((score) => score.right).length, clean.length),
    firstLines: failed.length === 0 ? 0 : median(failed.map((score) => score.firstLines)),
    timeMs: { median: scores.length === 0 ? 0 : median(times), max: times.at(-1) ?? 0 },
  }
}

/** What a half must reach. */
export const thresholds = { hitAt1: 0.85, hitAny: 0.95, category: 0.85, fidelity: 1, clean: 0.95 } as const

/** One sentence for each threshold that is missed. */
export function shortfalls(summary: Summary): string[] {
  const missed = Object.entries(thresholds).flatMap(([name, least]) => {
    const { value } = summary[name as keyof typeof thresholds]
    return value >= least ? [] : [`${name} is ${value.toFixed(3)}, below ${least}`]
  })
  return summary.leaks === 0 ? missed : [...missed, `${summary.leaks} planted secrets leaked`]
}
