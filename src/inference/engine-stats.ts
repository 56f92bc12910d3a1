// Counters of several engine processes, one after the other, as those of one.

import type { EngineStats } from './engine.ts'

export const noStats: EngineStats = {
  ...{ running: 0, waiting: 0, kvTokens: 0, steps: 0, busyMs: 0, promptTokens: 0, cachedTokens: 0, prefillTokens: 0 },
  ...{ decodeTokens: 0, draftedTokens: 0, acceptedTokens: 0, preemptions: 0 },
}

/** Counters add up; what runs, waits and is held is what the newer of the two says. */
export function sumOfStats(
  earlier: EngineStats,
  { running, waiting, kvTokens, ...counters }: EngineStats,
): EngineStats {
  const total = { ...earlier, running, waiting, kvTokens }
  for (const name of Object.keys(counters) as (keyof typeof counters)[]) total[name] += counters[name]
  return total
}
