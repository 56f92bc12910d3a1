// Tries a regular expression that somebody else wrote against lines made to make it slow. V8 lets a running match be
// stopped from outside only in a context with a timeout, so that is where it runs.

import { type Context, createContext, Script } from 'node:vm'
import { filled, type HostileLine, hostileLines } from './hostile-lines.ts'
import { maxRuleLength } from './rule-set.ts'

/** A linear pattern takes microseconds for such a line, a quadratic one some milliseconds. */
const slowMs = 50
/** A match that is stopped here was slow on any machine. */
const hopelessMs = 500

const script = new Script('for (const line of lines) pattern.test(line)')

/** What makes the pattern slow, for people; null: nothing that was tried does. */
export function slowInput(pattern: RegExp, examples: string[]): string | null {
  const hostile = hostileLines(pattern, examples)
  const lines = hostile.map((each) => filled(each, maxRuleLength))
  const context = createContext({ pattern, lines })
  // Most patterns are done with all of them sooner than a slow one is with one.
  if (timeOf(context) <= slowMs) return null
  for (const [index, line] of lines.entries()) {
    context.lines = [line]
    if (isSlow(context)) return shown(hostile[index]!)
  }
  return null
}

/** Slow three times in a row, so that a busy machine refuses nothing. */
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
    script.runInContext(context, { timeout: hopelessMs })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error
  }
  return performance.now() - begin
}

function shown({ start, run }: HostileLine): string {
  return `a line of ${maxRuleLength} characters that begins with ${JSON.stringify(`${start}${run}${run}`.slice(0, 60))}`
}
