// A case: one way in which something fails, why, and what helps. Cases come with the program (seed), are added by
// people (import) or follow from what they said about an analysis (feedback).

import { z } from 'zod'
import { categories } from '../logs/analysis.ts'

/** One line of at most `max` characters. */
const line = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'one line of text without control characters')

/** Lines of text; no control characters but tab and line break. */
const lines = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    .regex(/^(?:[^\p{Cc}\p{Cs}]|[\t\r\n])*$/u, 'text without control characters')

export const caseFixSchema = z.strictObject({
  action: line(500),
  command: line(500).optional(),
  risk: z.enum(['low', 'medium', 'high']).default('low'),
})

const webAddress = z
  .string()
  .max(500)
  .regex(/^https?:\/\/[^\s"'<>]+$/, 'a http or https URL')

/** What people may say about a failure; the rest of a case follows from who says it. */
export const caseInputSchema = z.strictObject({
  title: line(200),
  /** `error_signature` of an analysis: a log that fails with it is this case, whatever else it says. */
  signature: line(600).optional(),
  /** How tools announce it, a line each: what a log must say to be this case. */
  text: lines(4000),
  category: z.enum(categories).default('unknown'),
  cause: lines(2000),
  fixes: z.array(caseFixSchema).max(10).default([]),
  links: z
    .array(z.strictObject({ title: line(200), url: webAddress }))
    .max(10)
    .default([]),
  tags: z.array(line(40)).max(20).default([]),
  /** For people; nothing is done with it. */
  note: lines(2000).optional(),
})
export type CaseInput = z.infer<typeof caseInputSchema>

export const caseSources = ['seed', 'import', 'feedback'] as const

export const knowledgeCaseSchema = caseInputSchema.extend({
  id: z.string().regex(/^[\w-]{1,80}$/),
  source: z.enum(caseSources),
  /** Of feedback: whether it says the same as the analysis did, or something else. */
  verdict: z.enum(['confirmed', 'corrected']).optional(),
  /** ISO 8601; null for those that come with the program. */
  created_at: z.iso.datetime().nullable(),
})
export type KnowledgeCase = z.infer<typeof knowledgeCaseSchema>

/** By what a case was found: words of a line that are the case's own, or an embedding model that finds them alike. */
const matches = ['wording', 'meaning'] as const
export const similarCaseSchema = knowledgeCaseSchema.extend({
  matched: z.array(z.enum(matches)).default(['wording']),
})
export type SimilarCase = z.infer<typeof similarCaseSchema>

/** What an analysis takes from the cases. It travels with the job, so that a later attempt explains the same. */
export const foundCasesSchema = z.object({
  /** The case with the very signature of the failure, and how often it was seen before. */
  known: z.object({ case: knowledgeCaseSchema, seen: z.int().min(0) }).nullable(),
  /** Cases that the failing lines read like, the best first. */
  similar: z.array(similarCaseSchema),
})
export type FoundCases = z.infer<typeof foundCasesSchema>

export const noCases: FoundCases = { known: null, similar: [] }
