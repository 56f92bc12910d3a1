// In which order lines are offered to the pack. An endless supply: whoever takes stops when the budget is full.

import type { EvidenceRange } from './evidence.ts'

interface PriorityInput {
  /** How many lines the log has. */
  count: number
  ranges: EvidenceRange[]
  /** Indexes of all anchors, best first. */
  anchorIndexes: number[]
  templateIds: Uint32Array
}

const tailLines = 10
const headLines = 3
/** How far around the best range and from the end the search for further context goes. */
const maxReach = 10_000

/** A run of one template is represented by its ends. */
const minRun = 4

/** Indexes of lines, the most valuable first. The same index may come twice. */
export function* packPriorities({ count, ranges, anchorIndexes, templateIds }: PriorityInput): Generator<number> {
  const isRepeat = (index: number) => insideRun(templateIds, index)
  function* span(from: number, to: number): Generator<number> {
    for (let index = Math.max(0, from); index <= Math.min(count - 1, to); index++) if (!isRepeat(index)) yield index
  }

  // The failing lines themselves, then their stacks: a huge first stack must not push out the second failure.
  for (const range of ranges.slice(0, 3)) yield range.anchor.index
  for (const range of ranges.slice(0, 3)) for (let index = range.start; index <= range.end; index++) yield index
  const best = ranges[0]
  if (best !== undefined) yield* span(best.start - 3, best.end + 4)
  yield* reversed(count, tailLines)
  yield* span(0, headLines - 1)
  for (const range of ranges) yield* span(range.start - 1, range.end + 2)
  if (best !== undefined) yield* span(best.start - 10, best.end + 12)
  yield* anchorIndexes.slice(0, 200)

  // Whatever is left of the budget: outwards from the best range, with the tail growing beside it.
  for (let distance = 1; distance <= maxReach; distance++) {
    if (best !== undefined) yield* span(best.start - 10 - distance, best.start - 10 - distance)
    if (best !== undefined) yield* span(best.end + 12 + distance, best.end + 12 + distance)
    yield* span(count - tailLines - distance, count - tailLines - distance)
    if (distance % 3 === 0) yield* span(headLines - 1 + distance / 3, headLines - 1 + distance / 3)
  }
}

function* reversed(count: number, length: number): Generator<number> {
  for (let index = count - 1; index >= Math.max(0, count - length); index--) yield index
}

/** Whether the line stands in a run of lines of its template, and not at an end of it. */
function insideRun(templateIds: Uint32Array, index: number): boolean {
  const id = templateIds[index]
  if (id !== templateIds[index - 1] || id !== templateIds[index + 1]) return false
  let length = 3
  for (let at = index - 2; length < minRun && templateIds[at] === id; at--) length++
  for (let at = index + 2; length < minRun && templateIds[at] === id; at++) length++
  return length >= minRun
}
