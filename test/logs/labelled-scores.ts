// How often the failing line of the labelled logs is found, and which ones are missed.

import type { ReducedLog } from '../../src/logs/reduced-log.ts'
import { type LabelledLog, labelledLogs } from './labelled-logs.ts'
import { reduced } from './reduced-fixture.ts'

export interface Score {
  log: LabelledLog
  result: ReducedLog
  /** Of a clean log: whether it was called clean. */
  first: boolean
  any: boolean
  category: boolean
}

export function scores(logs: LabelledLog[] = labelledLogs()): Score[] {
  return logs.map((log) => {
    const result = reduced(log.text)
    const ranges = result.diagnosis.root_cause?.evidence ?? []
    const hits = ranges.map((range) => log.failing.some((line) => range.line_start <= line && line <= range.line_end))
    const clean = log.failing.length === 0
    return {
      log,
      result,
      first: clean ? ranges.length === 0 : hits[0] === true,
      any: clean ? ranges.length === 0 : hits.includes(true),
      category: result.diagnosis.category === log.category,
    }
  })
}

/** One line a missed log: what was marked, and what was shown instead. */
export function missed(all: Score[]): string {
  return all
    .filter(({ first, category }) => !first || !category)
    .map(({ log, result, first, any }) => {
      const { root_cause: cause, category } = result.diagnosis
      const shown = cause?.evidence.map((each) => `${each.line_start}-${each.line_end}`).join(', ') ?? 'nothing'
      const verdict = first ? 'hit' : any ? 'not first' : 'MISSED'
      return `${log.name}: ${verdict}; marked ${log.failing.join(', ')}, shown ${shown}; ${log.category} was called ${category}\n    ${cause?.evidence[0]?.quote.split('\n')[0]?.slice(0, 150) ?? ''} (${result.diagnosis.error_signature?.split(':')[0]})`
    })
    .join('\n')
}
