// The verdict of the rules about a whole log: what failed, how sure that is, what to do. No model takes part.

import type { Category, Diagnosis, Fix, Phase, RootCause } from './analysis.ts'
import type { Anchor } from './anchor-finder.ts'
import { type EvidenceRange, toEvidence } from './evidence.ts'
import { inferredCategory, inferredDoing } from './inferred-category.ts'
import type { LineStore } from './line-store.ts'
import { maskedText } from './masking.ts'

const maxStatement = 300
const maxContributing = 3
const maxFixes = 4

/** What a caller's log_type says about the phase when the rule says nothing. */
const phaseOfType: Record<string, Phase> = { build: 'build', application: 'run', system: 'run', kubernetes: 'deploy' }

export function diagnose(lines: LineStore, ranges: EvidenceRange[], logType: string): Diagnosis {
  const best = ranges[0]?.anchor
  if (best === undefined) return cleanDiagnosis
  const statement = statementOf(best, lines)
  const statements = new Set([statement])
  const contributing: string[] = []
  for (const { anchor } of ranges.slice(1)) {
    const other = statementOf(anchor, lines)
    if (statements.has(other) || contributing.length === maxContributing) continue
    statements.add(other)
    contributing.push(other)
  }
  const rules = [...new Set(ranges.map((range) => range.anchor.rule))]
  const rule = best.rule
  return {
    summary: statement,
    ...kindOf(best, ranges, lines, logType),
    severity: rule.severity,
    root_cause: {
      statement,
      confidence: confidenceOf(best),
      evidence: ranges.map((range) => toEvidence(lines, range)),
    },
    error_signature: `${rule.id}: ${maskedText(failingText(best, lines))}`,
    contributing,
    fixes: fixesOf(ranges),
    prevention: [...new Set(rules.flatMap((each) => each.prevention ?? []))],
    references: rules.flatMap((each) => (each.references ?? []).map((reference) => ({ ...reference, source: 'rule' }))),
  }
}

/** Category and phase: the rule's; where it knows none, what the words of the failing lines and the lines before them say. */
function kindOf(
  best: Anchor,
  [range]: EvidenceRange[],
  lines: LineStore,
  logType: string,
): { category: Category; phase: Phase } {
  const { rule } = best
  const doing = inferredDoing(lines, best.index)
  let { category, phase } = rule
  if (category === 'unknown') category = inferredCategory(failingText(best, lines))
  if (category === 'unknown' && range !== undefined) {
    const around = Array.from({ length: range.end - range.start + 1 }, (_, i) =>
      lines.body(range.start + i).slice(0, 500),
    )
    category = inferredCategory(around.join('\n'))
  }
  // An exception in a test is a failed test.
  if (category === 'runtime' && rule.category === 'unknown' && doing.category === 'test') category = 'test'
  if (category === 'unknown') category = doing.category
  if (phase === 'unknown') phase = phaseOfType[logType] ?? doing.phase
  if (phase === 'unknown' && category === 'runtime') phase = 'run'
  return { category, phase }
}

const cleanDiagnosis: Diagnosis = {
  summary: 'The log shows no failure.',
  category: 'none',
  phase: 'unknown',
  severity: 'info',
  root_cause: null,
  error_signature: null,
  contributing: [],
  fixes: [],
  prevention: [],
  references: [],
}

function confidenceOf(anchor: Anchor): RootCause['confidence'] {
  if (anchor.rule.role === 'cause' && anchor.score >= 70) return 'high'
  return anchor.score >= 45 ? 'medium' : 'low'
}

/** The rule's sentence; the line itself where the rule has none, or where none of its groups matched anything. */
function statementOf(anchor: Anchor, lines: LineStore): string {
  const { rule, groups } = anchor
  const used = groupsIn(rule.statement ?? '', groups)
  const silent = rule.statement === undefined || (used.length > 0 && used.every((group) => group.trim() === ''))
  const text = silent ? failingText(anchor, lines) : filled(rule.statement ?? '', groups)
  // A group that matched nothing leaves its colon or brackets behind.
  const statement = text
    .replaceAll(/ \(\s*\)/g, '')
    .replaceAll(/\s+/g, ' ')
    .replace(/[: ]+$/, '')
    .trim()
  return statement.length <= maxStatement ? statement : `${statement.slice(0, maxStatement - 3).toWellFormed()}...`
}

/** The line, or of a long one what begins at the match. */
function failingText({ index, column }: Anchor, lines: LineStore): string {
  const body = lines.body(index)
  return body.length <= maxStatement ? body.trim() : body.slice(column, column + 2 * maxStatement)
}

/** What the groups that a template names have matched. */
function groupsIn(template: string, groups: string[]): string[] {
  return [...template.matchAll(/\$(\d)/g)].map((match) => groups[Number(match[1])] ?? '')
}

/** `$1` to `$9` replaced by the groups; those that matched nothing leave nothing. */
function filled(template: string, groups: string[]): string {
  return template.replaceAll(/\$(\d)/g, (_, digit: string) => (groups[Number(digit)] ?? '').trim())
}

function fixesOf(ranges: EvidenceRange[]): Fix[] {
  const fixes = new Map<string, Fix>()
  for (const { anchor } of ranges) {
    for (const fix of anchor.rule.fixes ?? []) {
      const action = filled(fix.action, anchor.groups)
      // A log must not be able to write a command for someone to paste.
      const command = fix.command === undefined ? undefined : commandOf(fix.command, anchor.groups)
      if (!fixes.has(action))
        fixes.set(action, { action, ...(command === undefined ? {} : { command }), risk: fix.risk })
    }
  }
  return [...fixes.values()].slice(0, maxFixes)
}

/** The command with groups filled in, only where they are plain words; otherwise there is no command. */
function commandOf(template: string, groups: string[]): string | undefined {
  return groupsIn(template, groups).every((group) => /^[\w.@/:+-]*$/.test(group) && !group.startsWith('-'))
    ? filled(template, groups)
    : undefined
}
