// Tries a regular expression that somebody else wrote against lines made to make it slow. V8 lets a running match be
// stopped from outside only in a context with a timeout, so that is where it runs.

import { type Context, createContext, Script } from 'node:vm'
import { filled, type HostileLine, hostileLines } from './hostile-lines.ts'
import { maxRuleLength } from './rule-set.ts'

/** A linear pattern takes microseconds for such a line, a quadratic one some milliseconds. */
const slowMs = 50
/** A match that is stopped here was slow on any machine. */
const hopelessMs = 500

const match = new Script('pattern.test(line)')

/**
 * What makes the pattern slow, for people; null: nothing that was tried does. A line counts when it takes too long three
 * times, so that a busy machine refuses nothing.
 */
export function slowInput(pattern: RegExp, examples: string[]): string | null {
  const context = createContext({ pattern, line: '' })
  for (const hostile of hostileLines(pattern, examples)) {
    context.line = filled(hostile, maxRuleLength)
    if (isSlow(context)) return shown(hostile)
  }
  return null
}

function isSlow(context: Context): boolean {
  for (let i = 0; i < 3; i++) {
    const ms = timeOf(context)
    if (ms <= slowMs) return false
    if (ms >= hopelessMs) return true
  }
  return true
}

function timeOf(context: Context): number {
  const begin = performance.now()
  try {
    match.runInContext(context, { timeout: hopelessMs })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error
  }
  return performance.now() - begin
}

function shown({ start, run }: HostileLine): string {
  return `a line of ${maxRuleLength} characters that begins with ${JSON.stringify(`${start}${run}${run}`.slice(0, 60))}`
}
