// A plan as the runner takes it.

import type { ForwardBatch } from './model-runner.ts'
import type { Plan } from './scheduler.ts'
import type { Sequence } from './sequence.ts'

export type RunnablePlan = Exclude<Plan<Sequence>, { kind: 'idle' }>

/**
 * With more sequences a pass with guesses costs too much: rows of one token run together, a row of several runs alone.
 */
const mostDrafting = 1

/** Lets the sequences of a plan guess at their next ids where that pays. */
export function guessAhead(plan: RunnablePlan, drafting: boolean): void {
  const { sequences, drawing, prompt } = plan
  const pays = drafting && prompt === null && sequences.length <= mostDrafting && drawing.length > 0
  for (const sequence of sequencesOf(plan)) sequence.guess(pays)
}

export function toBatch({ sequences, counts, prompt }: RunnablePlan): ForwardBatch {
  const rows: ForwardBatch['rows'] = sequences.map(({ ids, computed, draft }, slot) => {
    const end = computed + counts[slot]!
    return {
      tokens: [...ids.slice(computed, end), ...draft],
      past: computed,
      logits: end === ids.length ? 1 + draft.length : 0,
      // With guesses or without, computed for the first time or again, the same is drawn.
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

/** The sequences that get logits, in their order: one row each and one for each guess. */
export function sampledBy({ drawing, prompt }: RunnablePlan): Sequence[] {
  return prompt?.completes ? [...drawing, prompt.sequence] : drawing
}
