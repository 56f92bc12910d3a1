// What somebody says about an analysis, and the case that follows from it: the same failure seen again is answered with
// what is known since.

import { z } from 'zod'
import { AppError } from '../errors.ts'
import { type Analysis, categories } from '../logs/analysis.ts'
import { caseFixSchema, caseInputSchema, type KnowledgeCase } from './case.ts'
import { caseId } from './knowledge-base.ts'

export const feedbackSchema = z.strictObject({
  verdict: z.enum(['right', 'wrong']),
  cause: caseInputSchema.shape.cause.optional().describe('what it really was'),
  fixes: z.array(caseFixSchema).max(10).optional().describe('what helped'),
  category: z.enum(categories).optional(),
  line: z.int().min(1).optional().describe('number of the line that really failed'),
  note: caseInputSchema.shape.note,
})
export type Feedback = z.infer<typeof feedbackSchema>

const maxTitle = 120
const maxText = 4000

/** The case that the feedback makes of the failure; null where it says nothing that could be told next time. */
export function caseOfFeedback(analysis: Analysis, feedback: Feedback, scope: string): KnowledgeCase | null {
  const { error_signature: signature, root_cause: found } = analysis
  checkLine(analysis, feedback)
  if (signature === null || found === null) return null
  const corrected = feedback.verdict === 'wrong' || feedback.cause !== undefined || feedback.category !== undefined
  if (feedback.verdict === 'wrong' && feedback.cause === undefined && !feedback.fixes?.length) return null
  const cause = feedback.cause ?? found.statement
  return {
    id: caseId(scope, 'signature', signature),
    title: titleOf(cause),
    signature,
    text: textOf(analysis, feedback.line).slice(0, maxText),
    category: feedback.category ?? analysis.category,
    cause,
    // What the analysis advised is not confirmed by who says that it was wrong.
    fixes: feedback.fixes ?? (feedback.verdict === 'right' ? analysis.fixes.slice(0, 10) : []),
    links: feedback.verdict === 'right' ? linksOf(analysis) : [],
    tags: [],
    ...(feedback.note !== undefined && { note: feedback.note }),
    source: 'feedback',
    verdict: corrected ? 'corrected' : 'confirmed',
    created_at: new Date().toISOString(),
  }
}

/** The cases that the analysis named: the verdict is one about them, too. */
export function citedCases({ known_case, similar_cases }: Analysis): string[] {
  return [...(known_case === null ? [] : [known_case.id]), ...similar_cases.map(({ id }) => id)]
}

function checkLine({ reduction }: Analysis, { line }: Feedback): void {
  if (line === undefined || line <= reduction.lines_total) return
  const message = `line is ${line}; allowed: at most ${reduction.lines_total}, the lines of the log`
  throw new AppError('invalid_request', message, { field: 'line' })
}

/** The first sentence of the cause. */
function titleOf(cause: string): string {
  const sentence = /^.+?(?=[.!?](?:\s|$)|\n|$)/.exec(cause)?.[0].trim() ?? cause
  return sentence.length <= maxTitle ? sentence : `${sentence.slice(0, maxTitle - 3).toWellFormed()}...`
}

/** The failing line without what changes from run to run; before it, the line that is said to be the right one, if it was quoted. */
function textOf({ error_signature: signature, root_cause: found }: Analysis, line: number | undefined): string {
  const failing = signature!.replace(/^[\w./-]+: /, '')
  const quoted = found!.evidence
    .filter(({ line_start, line_end }) => line !== undefined && line >= line_start && line <= line_end)
    .map(({ quote, line_start }) => quote.split('\n')[line! - line_start]?.trim() ?? '')
  return [...quoted, failing].filter((each) => each !== '').join('\n') || signature!
}

function linksOf({ references }: Analysis): KnowledgeCase['links'] {
  return references.slice(0, 10).flatMap(({ title, url }) => {
    const link = { title, url }
    return caseInputSchema.shape.links.safeParse([link]).success ? [link] : []
  })
}
