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
  const pays = drafting && plan.kind === 'decode' && plan.sequences.length <= mostDrafting && plan.drawing.length > 0
  for (const sequence of sequencesOf(plan)) sequence.guess(pays)
}

export function toBatch(plan: RunnablePlan): ForwardBatch {
  switch (plan.kind) {
    case 'prefill': {
      const { sequence, slot, count, completes } = plan
      const tokens = sequence.ids.slice(sequence.computed, sequence.computed + count)
      return { firstSlot: slot, rows: [{ tokens, past: sequence.computed, logits: completes ? 1 : 0 }] }
    }
    case 'decode': {
      const rows = plan.sequences.map(({ ids, computed, draft }) => ({
        tokens: [ids[computed]!, ...draft],
        past: computed,
        logits: computed + 1 === ids.length ? 1 + draft.length : 0,
        // With guesses or without, the same is drawn.
        stepwise: true,
      }))
      return { firstSlot: 0, rows }
    }
    default:
      return plan satisfies never
  }
}

export function sequencesOf(plan: RunnablePlan): Sequence[] {
  return plan.kind === 'prefill' ? [plan.sequence] : plan.sequences
}

/** The sequences that get logits, in their order: one row each and one for each guess. */
export function sampledBy(plan: RunnablePlan): Sequence[] {
  if (plan.kind === 'decode') return plan.drawing
  return plan.completes ? [plan.sequence] : []
}
