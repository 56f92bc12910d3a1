// Whether rows of unequal pasts can share a run of a graph that we didn't build. The hub's convention is padding on the
// left with attention_mask 0, and position_ids that count without it. A graph that has no position_ids derives them from
// the past's length (gpt2), and one with a fused attention kernel may expect padding on the right: there padded rows are
// silently wrong. No name tells which kind a graph is, so it is tried.

import { AppError, toAppError } from '../../errors.ts'
import type { ModelRunner } from '../model-runner.ts'
import type { StockLayout } from './stock-layout.ts'

/** As a part of the logits' range: more than rounding in another order makes out, far less than a wrong position. */
const TOLERANCE = 0.02
const PROMPTS = [[7, 3, 11, 2, 5, 13], [3]]
const NEXT = [5, 2]

type Open = (pads: boolean, size: { slots: number; maxContext: number }) => ModelRunner

/** Throws `bad_model` when the graph can't run at all. The runners that `open` makes share a session, which stays open. */
export async function probeGraph(path: string, layout: StockLayout, open: Open): Promise<boolean> {
  try {
    const expected = await secondStep(open, layout, false)
    const range = expected.reduce((a, b) => Math.max(a, b)) - expected.reduce((a, b) => Math.min(a, b))
    if (!Number.isFinite(range)) throw new AppError('bad_model', 'its logits are not finite')
    if (!layout.integers.has('position_ids') || !layout.integers.has('attention_mask')) return false
    const padded = await secondStep(open, layout, true).catch(() => null)
    return padded?.every((value, index) => Math.abs(value - expected[index]!) <= TOLERANCE * range) ?? false
  } catch (thrown) {
    throw new AppError('bad_model', `${path} can't be run: ${toAppError(thrown).message}`, {
      field: path,
      cause: thrown,
    })
  }
}

/** Logits of two sequences of unequal lengths, one token further. */
async function secondStep(open: Open, { vocabSize }: StockLayout, pads: boolean): Promise<number[]> {
  const runner = open(pads, { slots: PROMPTS.length, maxContext: 8 })
  const known = (ids: number[]) => ids.map((id) => id % vocabSize)
  for (const [slot, ids] of PROMPTS.entries()) {
    await runner.forward({ firstSlot: slot, rows: [{ tokens: known(ids), past: 0, logits: 0 }] })
  }
  const rows = PROMPTS.map((ids, slot) => ({ tokens: known([NEXT[slot]!]), past: ids.length, logits: 1 }))
  return [...(await runner.forward({ firstSlot: 0, rows }))]
}
