// A plan as the runner takes it.

import type { ForwardBatch } from './model-runner.ts'
import type { Plan } from './scheduler.ts'
import type { Sequence } from './sequence.ts'

export type RunnablePlan = Exclude<Plan<Sequence>, { kind: 'idle' }>

/**
 * With more sequences a pass with drafts costs too much: rows of one token run together, a row of several runs alone.
 */
const mostDrafting = 1

/** Drafts the next ids of the sequences of a plan where that pays. */
export function proposeDrafts(plan: RunnablePlan, drafting: boolean): void {
  const { sequences, sampled, prompt } = plan
  const pays = drafting && prompt === null && sequences.length <= mostDrafting && sampled.length > 0
  for (const sequence of sequencesOf(plan)) sequence.propose(pays)
}

export function toBatch({ sequences, counts, prompt }: RunnablePlan): ForwardBatch {
  const rows: ForwardBatch['rows'] = sequences.map(({ ids, computed, draft }, slot) => {
    const end = computed + counts[slot]!
    return {
      tokens: [...ids.slice(computed, end), ...draft],
      past: computed,
      logits: end === ids.length ? 1 + draft.length : 0,
      // With a draft or without, computed for the first time or again, the same is sampled.
      stepwise: true,
    }
  })
  if (prompt !== null) {
    const { ids, computed } = prompt.sequence
    const tokens = ids.slice(computed, computed + prompt.count)
    rows.push({ tokens, past: computed, logits: prompt.completes ? 1 : 0 })
  }
  return { firstSlot: 0, rows }
}

export function sequencesOf({ sequences, prompt }: RunnablePlan): Sequence[] {
  return prompt === null ? sequences : [...sequences, prompt.sequence]
}

/** The sequences that get logits, in their order: one row each and one for each drafted id. */
export function sampledBy({ sampled, prompt }: RunnablePlan): Sequence[] {
  return prompt?.completes ? [...sampled, prompt.sequence] : sampled
}
