// A plan as the runner takes it.

import type { ForwardBatch } from './model-runner.ts'
import type { Plan } from './scheduler.ts'
import type { Sequence } from './sequence.ts'

export type RunnablePlan = Exclude<Plan<Sequence>, { kind: 'idle' }>

export function toBatch(plan: RunnablePlan): ForwardBatch {
  switch (plan.kind) {
    case 'prefill': {
      const { sequence, slot, count, completes } = plan
      const tokens = sequence.ids.slice(sequence.computed, sequence.computed + count)
      return { firstSlot: slot, rows: [{ tokens, past: sequence.computed, logits: completes ? 1 : 0 }] }
    }
    case 'decode': {
      const rows = plan.sequences.map(({ ids, computed }) => ({
        tokens: ids.slice(computed),
        past: computed,
        logits: 1,
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

/** The sequences that get a row of logits, in the order of the rows. */
export function sampledBy(plan: RunnablePlan): Sequence[] {
  return plan.kind === 'prefill' && !plan.completes ? [] : sequencesOf(plan)
}
