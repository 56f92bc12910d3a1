// Rules of the user's own, from the .json files of a folder (RULES_DIR). Each file is a list of rules in the form of
// rule.ts, patterns as text; each rule shows with its examples that it does what its author means.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { AppError } from '../errors.ts'
import { categories, fixSchema, phases, referenceSchema, severities } from './analysis.ts'
import { slowInput } from './pattern-trial.ts'
import type { LogRule } from './rule.ts'
import { coreRuleSet, RuleSet } from './rule-set.ts'

const maxFiles = 200
const maxRules = 2000

/** A regular expression as text; `(?i)` in front ignores case. */
const pattern = z
  .string()
  .min(1)
  .max(2000)
  .transform((source, context) => {
    const [, flag, rest = ''] = /^(\(\?i\))?(.*)$/s.exec(source) ?? []
    try {
      return new RegExp(rest, flag === undefined ? '' : 'i')
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message })
      return z.NEVER
    }
  })

const extent = z.strictObject({ while: pattern, max: z.int().min(1).max(20) })
const text = z.string().min(1).max(1000)

const ruleSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9-]{1,40}\/[a-z0-9-]{1,60}$/, 'must read tool/what, in lower case'),
  hints: z.array(z.string().min(2).max(80).toLowerCase()).min(1).max(40),
  pattern,
  unless: pattern.optional(),
  role: z.enum(['cause', 'symptom', 'wrapper']),
  weight: z.number().min(10).max(95),
  category: z.enum(categories),
  phase: z.enum(phases).default('unknown'),
  severity: z.enum(severities).default('high'),
  above: extent.optional(),
  below: extent.optional(),
  lastOfChain: z.boolean().optional(),
  sure: z.boolean().optional(),
  statement: text.optional(),
  fixes: z.array(fixSchema).max(10).optional(),
  prevention: z.array(text).max(10).optional(),
  references: z
    .array(referenceSchema.omit({ source: true }))
    .max(10)
    .optional(),
  examples: z.strictObject({ positive: z.array(text).min(1), nearMiss: z.array(text).min(1) }),
})

/**
 * The rules of this program, and those of the folder before them where both match alike.
 * @throws AppError `bad_setting`, one line with the file, the rule and what is wrong with it
 */
export function ruleSetWith(folder: string | null): RuleSet {
  if (folder === null) return coreRuleSet
  const own = filesOf(folder).flatMap((name) => readRules(folder, name))
  if (own.length > maxRules) throw refusal(folder, `${own.length} rules; allowed: at most ${maxRules}`)
  const ids = new Set(coreRuleSet.rules.map(({ id }) => id))
  for (const { id } of own) {
    if (ids.has(id)) throw refusal(folder, `the rule ${id} is there already; choose another id`)
    ids.add(id)
  }
  return new RuleSet([...own, ...coreRuleSet.rules])
}

function filesOf(folder: string): string[] {
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith('.json'))
    if (names.length > maxFiles) throw refusal(folder, `${names.length} files; allowed: at most ${maxFiles}`)
    return names.sort()
  } catch (thrown) {
    if (thrown instanceof AppError) throw thrown
    throw refusal(folder, `it can't be read (${(thrown as NodeJS.ErrnoException).code ?? 'unknown error'})`)
  }
}

function readRules(folder: string, name: string): LogRule[] {
  const parsed = z.array(ruleSchema).safeParse(parseJson(folder, name), { reportInput: true })
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!
    const [index, ...rest] = path
    const where =
      index === undefined ? '' : ` rule ${Number(index) + 1}${rest.length === 0 ? '' : `, ${rest.join('.')}`}:`
    throw refusal(folder, `${name}:${where} ${message}`)
  }
  // zod leaves absent keys out, as exactOptionalPropertyTypes wants them; its type can't say so.
  const rules = parsed.data as LogRule[]
  for (const rule of rules) {
    const refuse = (problem: string) => refusal(folder, `${name}: ${rule.id}: ${problem}`)
    assertFast(rule, refuse)
    assertExamples(rule, refuse)
  }
  return rules
}

function parseJson(folder: string, name: string): unknown {
  try {
    return JSON.parse(readFileSync(join(folder, name), 'utf8'))
  } catch (thrown) {
    throw refusal(folder, `${name} is not valid JSON: ${(thrown as Error).message}`)
  }
}

/** Before anything else is done with a pattern: one that backtracks badly would hold up every analysis. */
function assertFast({ pattern, unless, above, below, examples }: LogRule, refuse: (problem: string) => AppError): void {
  const patterns = { pattern, unless, 'above.while': above?.while, 'below.while': below?.while }
  for (const [field, each] of Object.entries(patterns)) {
    if (each === undefined) continue
    const slow = slowInput(each, [...examples.positive, ...examples.nearMiss])
    if (slow !== null) throw refuse(`its ${field} takes too long by backtracking, for example for ${slow}`)
  }
}

function assertExamples(rule: LogRule, refuse: (problem: string) => AppError): void {
  const alone = new RuleSet([rule])
  const missed = rule.examples.positive.find((line) => alone.match(line) === null)
  if (missed !== undefined) throw refuse(`its example "${missed.slice(0, 80)}" does not match`)
  const caught = rule.examples.nearMiss.find((line) => alone.match(line) !== null)
  if (caught !== undefined) throw refuse(`its near miss "${caught.slice(0, 80)}" matches`)
}

function refusal(folder: string, problem: string): AppError {
  return new AppError('bad_setting', `RULES_DIR ${folder}: ${problem}`, { field: 'RULES_DIR' })
}
