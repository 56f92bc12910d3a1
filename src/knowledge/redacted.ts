// Secrets are taken out of whatever comes from outside before it becomes a case: a case is shown to others and to models.

import { Redactor } from '../logs/redactor.ts'

/** The value with every text in it redacted, the same secret everywhere by the same placeholder. Lengths may grow a little. */
export function redacted<Value>(value: Value, redactor = new Redactor()): Value {
  if (typeof value === 'string') {
    return value
      .split('\n')
      .map((line) => redactor.redactLine(line))
      .join('\n') as Value
  }
  if (Array.isArray(value)) return value.map((each) => redacted(each, redactor)) as Value
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, redacted(each, redactor)])) as Value
}
