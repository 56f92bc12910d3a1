// How cases come and go: by import, by deletion, by feedback. Redacted and checked before they are kept.

import { AppError } from '../errors.ts'
import type { Analysis } from '../logs/analysis.ts'
import { type CaseInput, type KnowledgeCase, knowledgeCaseSchema } from './case.ts'
import { type CaseStore, sharedScope } from './case-store.ts'
import { caseOfFeedback, citedCases, type Feedback } from './feedback.ts'
import { caseId, type KnowledgeBase } from './knowledge-base.ts'
import { redacted } from './redacted.ts'

/** Keeps the cases; one with the title of an earlier import takes its place. @throws AppError `queue_full` */
export async function importCases(
  store: CaseStore,
  inputs: readonly CaseInput[],
  scope: string,
): Promise<KnowledgeCase[]> {
  const created_at = new Date().toISOString()
  const cases = inputs.map((input) => {
    const id = caseId(scope, 'title', input.title)
    return checked({ ...redacted(input), id, source: 'import', created_at })
  })
  await store.put(scope, cases)
  return cases
}

/** @throws AppError `not_found`; `forbidden` for everyone's case where the scope is a key's */
export async function removeCase(store: CaseStore, base: KnowledgeBase, id: string, scope: string): Promise<void> {
  const found = await base.get(id, scope)
  if (found === null) throw unknownCase(id)
  if (await store.remove(scope, id)) return
  if (scope !== sharedScope)
    throw new AppError('forbidden', `case ${id} is everyone's; only the admin key may delete it`)
  if (found.source === 'seed') await store.removeSeed(id)
}

export function unknownCase(id: string): AppError {
  return new AppError('not_found', `case ${id.slice(0, 80)} is unknown`, { field: 'id' })
}

/**
 * Counts the verdict for or against the cases that the analysis named, and keeps what the feedback says as a case.
 * @returns the case that the failure is answered with from now on; null: there is none
 * @throws AppError `invalid_request`, `queue_full`
 */
export async function learn(
  store: CaseStore,
  job: { id: string; analysis: Analysis },
  said: Feedback,
  scope: string,
): Promise<KnowledgeCase | null> {
  const { analysis } = job
  const feedback = redacted(said)
  const learned = caseOfFeedback(analysis, feedback, scope)
  const addsNothing = feedback.verdict === 'right' && learned?.verdict === 'confirmed' && analysis.known_case !== null
  if (learned && !addsNothing) await store.put(scope, [checked(learned)])
  await store.vote(scope, job.id, feedback.verdict === 'right' ? 1 : -1, votedOn(analysis, learned))
  if (learned === null && feedback.verdict === 'wrong' && analysis.error_signature !== null) {
    await store.remove(scope, caseId(scope, 'signature', analysis.error_signature))
  }
  return addsNothing ? null : learned
}

/** Not on the case that the same feedback has just written. */
function votedOn(analysis: Analysis, learned: KnowledgeCase | null): string[] {
  return citedCases(analysis).filter((id) => id !== learned?.id)
}

function checked(each: KnowledgeCase): KnowledgeCase {
  const parsed = knowledgeCaseSchema.safeParse(each)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]!
  const field = issue.path.join('.')
  throw new AppError('invalid_request', `${field} can't be kept: ${issue.message}`, { field })
}
