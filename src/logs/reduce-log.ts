// From a raw log to what may leave the process: decode, redact, find the failing lines, pack them into a token budget.
// Pure and linear in the log; a long, binary or hostile log gives a poorer result, never an error. Runs in worker threads.

import { findAnchors } from './anchors.ts'
import { decodeLog } from './decode.ts'
import { diagnose } from './diagnosis.ts'
import { Drain } from './drain.ts'
import { evidenceRanges } from './evidence.ts'
import { factsOf } from './facts.ts'
import { type LogLine, readLines } from './log-line.ts'
import { packLines } from './pack.ts'
import { Redactor } from './redactor.ts'
import type { ReducedLog } from './reduced-log.ts'
import { coreRuleSet, type RuleSet } from './rule-set.ts'

export interface ReduceOptions {
  /** `build`, `ci`, `application`, `system`, `kubernetes`, `auto`; anything else is treated as `auto` and echoed. */
  logType: string
  /** Tokens that facts and pack may have together. */
  budgetTokens: number
  /** Of the model's own tokenizer. */
  countTokens: (text: string) => number
  rules?: RuleSet
}

export function reduceLog(content: string | Uint8Array, options: ReduceOptions): ReducedLog {
  const { logType, budgetTokens, countTokens, rules = coreRuleSet } = options
  const redactor = new Redactor()
  const lines = readLines(decodeLog(content), redactor)
  const { templateIds, templateCounts, templates } = templatesOf(lines)
  const anchors = findAnchors(lines, rules, templateCounts)
  const ranges = evidenceRanges(lines, anchors)
  const diagnosis = diagnose(lines, ranges, logType)
  const facts = factsOf(diagnosis, Math.floor(budgetTokens / 3), countTokens)
  const factTokens = facts === '' ? 0 : countTokens(facts)
  const pack = packLines({
    lines,
    ranges,
    anchorIndexes: anchors.map((anchor) => anchor.index),
    templateIds,
    budgetTokens: Math.max(0, budgetTokens - factTokens),
    countTokens,
  })
  const redaction = redactor.summary()
  return {
    log_type: logType,
    pack: pack.text,
    facts,
    tokens: factTokens + pack.tokens,
    diagnosis,
    reduction: {
      lines_total: lines.length,
      lines_sent: pack.linesSent,
      method: pack.whole ? 'whole' : ranges.length > 0 ? 'anchors' : 'tail',
      truncated: !pack.whole,
      templates,
    },
    redaction,
    counts: {
      reading: {
        bytes: typeof content === 'string' ? Buffer.byteLength(content) : content.length,
        lines_total: lines.length,
      },
      redacting: { secrets: redaction.count },
      reducing: { lines_total: lines.length, lines_sent: pack.linesSent, templates, anchors: anchors.length },
    },
  }
}

function templatesOf(lines: LogLine[]): { templateIds: Uint32Array; templateCounts: Uint32Array; templates: number } {
  const drain = new Drain()
  const templateIds = new Uint32Array(lines.length)
  for (let i = 0; i < lines.length; i++) templateIds[i] = drain.add(lines[i]!.body).id
  const templateCounts = templateIds.map((id) => drain.templates[id]!.count)
  return { templateIds, templateCounts, templates: drain.templates.length }
}
