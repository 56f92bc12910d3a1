// What is judged: the lines that something points at for a log, best first. Three give answers: the analysis and two
// baselines that anybody could write in a line of shell.

import { performance } from 'node:perf_hooks'
import type { Category } from '../src/logs/analysis.ts'
import { reduceLog } from '../src/logs/reduce-log.ts'
import type { RuleSet } from '../src/logs/rule-set.ts'
import { rawLines } from './lines.ts'

export interface Quote {
  start: number
  end: number
  text: string
}

export interface Answer {
  /** Empty: it calls the log clean. */
  quotes: Quote[]
  category: Category
  /** Everything that it gives out, for finding leaks. */
  output: unknown
  timeMs: number
}

export type Answerer = (log: Uint8Array) => Answer

/** The analysis without the model: what `POST /workflows/analyze-log` knows before it asks one. */
export function analysis(countTokens: (text: string) => number, budgetTokens: number, rules: RuleSet): Answerer {
  return (log) => {
    const startedAt = performance.now()
    const output = reduceLog(log, { logType: 'auto', budgetTokens, countTokens, rules })
    const timeMs = performance.now() - startedAt
    const evidence = output.diagnosis.root_cause?.evidence ?? []
    const quotes = evidence.map(({ line_start, line_end, quote }) => ({
      start: line_start,
      end: line_end,
      text: quote,
    }))
    return { quotes, category: output.diagnosis.category, output, timeMs }
  }
}

/** Shows the last 100 lines, whatever they say. */
export const lastLines: Answerer = (log) => {
  const lines = rawLines(log)
  const start = Math.max(1, lines.length - 99)
  return guess([{ start, end: lines.length, text: lines.slice(start - 1).join('\n') }])
}

/** Shows the first line that mentions a failure; calls a log without one clean. */
export const firstMention: Answerer = (log) => {
  const lines = rawLines(log)
  const index = lines.findIndex((line) => /error|fail|exception/i.test(line))
  return guess(index === -1 ? [] : [{ start: index + 1, end: index + 1, text: lines[index]! }])
}

function guess(quotes: Quote[]): Answer {
  return { quotes, category: 'unknown', output: quotes, timeMs: 0 }
}
