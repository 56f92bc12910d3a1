// From a raw log to what may leave the process: decode, redact, find the failing lines, pack them into a token budget.
// Pure and linear in the log; a long, binary or hostile log gives a poorer result, never an error. Runs in worker threads.

import { AnchorFinder } from './anchor-finder.ts'
import { visibleText } from './control-codes.ts'
import { diagnose } from './diagnosis.ts'
import { Drain } from './drain.ts'
import { evidenceRanges } from './evidence.ts'
import { factsOf } from './facts.ts'
import { LineReader } from './line-reader.ts'
import { bodyOf, doubled, LineStore } from './line-store.ts'
import { packLines } from './pack.ts'
import { rankAnchors } from './ranking.ts'
import { mostSpans, type RedactedSpan, redactedSpans } from './redaction-spans.ts'
import { Redactor } from './redactor.ts'
import type { ReducedLog } from './reduced-log.ts'
import { coreRuleSet, type RuleSet } from './rule-set.ts'
import type { PersonalData } from './secret-rules.ts'

/** A log as it came: decoded, or its bytes, whole or in pieces. */
export type LogContent = string | Uint8Array | Iterable<Uint8Array>

export interface ReduceOptions {
  /** `build`, `ci`, `application`, `system`, `kubernetes`, `auto`; anything else is treated as `auto` and echoed. */
  logType: string
  /** Tokens that facts and pack may have together. */
  budgetTokens: number
  /** Of the model's own tokenizer. */
  countTokens: (text: string) => number
  rules?: RuleSet
  /** Personal data that is redacted too. */
  redact?: readonly PersonalData[]
}

/** @param content a string counts as decoded; pieces are consumed one by one, so that their memory can be given back */
export function reduceLog(content: LogContent, options: ReduceOptions): ReducedLog {
  const { logType, budgetTokens, countTokens, rules = coreRuleSet, redact = [] } = options
  const { lines, redactor, spans, finder, drain, templateIds, bytes } = readLog(
    content,
    rules,
    new Redactor({ also: redact }),
  )
  const templateCounts = templateIds.map((id) => drain.templates[id]!.count)
  const templates = drain.templates.length
  const anchors = rankAnchors(finder, lines, templateCounts)
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
  const redaction = { ...redactor.summary(), spans }
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
        bytes,
        lines_total: lines.length,
      },
      redacting: { secrets: redaction.count },
      reducing: { lines_total: lines.length, lines_sent: pack.linesSent, templates, anchors: anchors.length },
    },
  }
}

/** Characters of lines that are redacted in one go. */
const redactedTogether = 65_536

interface ReadLog {
  lines: LineStore
  redactor: Redactor
  spans: RedactedSpan[]
  finder: AnchorFinder
  drain: Drain
  /** Of every line. */
  templateIds: Uint32Array<ArrayBuffer>
  bytes: number
}

/** One pass over the log: each line is decoded, redacted, kept, and offered to templates and rules. */
function readLog(content: LogContent, rules: RuleSet, redactor: Redactor): ReadLog {
  const lines = new LineStore()
  const finder = new AnchorFinder(rules)
  const drain = new Drain()
  let templateIds = new Uint32Array(4096)
  const keep = (text: string) => {
    const body = bodyOf(text)
    const index = lines.length
    lines.add(text)
    if (index === templateIds.length) templateIds = doubled(templateIds)
    templateIds[index] = drain.add(body).id
    finder.add(index, body)
  }
  let waiting: string[] = []
  let waitingLength = 0
  const spans: RedactedSpan[] = []
  const flush = () => {
    for (const [index, redacted] of redactor.redactLines(waiting).entries()) {
      const original = waiting[index]!
      if (redacted !== original && spans.length < mostSpans)
        spans.push(...redactedSpans(lines.length + 1, { original, redacted }, (name) => redactor.secretOf(name)))
      keep(redacted)
    }
    waiting = []
    waitingLength = 0
  }
  const reader = new LineReader((raw) => {
    const text = visibleText(raw)
    waiting.push(text)
    waitingLength += text.length
    if (waitingLength >= redactedTogether || waiting.length >= 1000) flush()
  })
  let bytes = 0
  for (const piece of piecesOf(content)) {
    bytes += piece.length
    reader.push(piece)
  }
  reader.end()
  if (waiting.length > 0) flush()
  spans.splice(mostSpans)
  return { lines, redactor, spans, finder, drain, templateIds: templateIds.subarray(0, lines.length), bytes }
}

function piecesOf(content: LogContent): Iterable<Uint8Array> {
  if (typeof content === 'string') return [Buffer.from(content)]
  return content instanceof Uint8Array ? [content] : content
}
