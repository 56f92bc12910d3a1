// Whole numbers between two bounds, and fractions between whole ones, as expressions over digits.

import { charSet } from './char-set.ts'
import { all, type Expression, never, one, oneCharOf, optional, repeat, text } from './rules.ts'

/** null: no bound on that side. Bounds are whole and within the safe integers. */
export interface Bounds {
  min: number | null
  max: number | null
}

const digitBetween = (low: number, high: number): Expression =>
  low === high ? text(String(low)) : oneCharOf(charSet([0x30 + low, 0x30 + high]))
const anyDigit = digitBetween(0, 9)
/** Digits of the longest number written where there is no upper bound. */
const mostDigits = 15

/** Whole numbers from `min` to `max`, both included; never where there are none. */
export function integersBetween({ min, max }: Bounds): Expression {
  return withSigns({ min, max }, (low, high) => upTo(low, high))
}

/** Numbers between the bounds that are not whole: up to six decimals, the last of them not 0. */
function fractionsBetween({ min, max }: Bounds): Expression {
  const decimals = all(text('.'), repeat(anyDigit, 0, 5), digitBetween(1, 9))
  const magnitudes = (low: number, high: number | null, sign: string): Expression => {
    // n.d lies between the whole numbers n and n + 1.
    const last = high === null ? null : high - 1
    return last !== null && last < low ? never : all(text(sign), upTo(low, last), decimals)
  }
  const ways: Expression[] = []
  if (max === null || max > 0) ways.push(magnitudes(Math.max(0, min ?? 0), max, ''))
  if (min === null || min < 0)
    ways.push(magnitudes(max === null ? 0 : Math.max(0, -max), min === null ? null : -min, '-'))
  return one(...ways)
}

function withSigns({ min, max }: Bounds, magnitudes: (low: number, high: number | null) => Expression): Expression {
  const ways: Expression[] = []
  if (max === null || max >= 0) ways.push(magnitudes(Math.max(0, min ?? 0), max))
  if (min === null || min < 0) {
    const low = max === null || max >= 0 ? 1 : -max
    const high = min === null ? null : -min
    if (high === null || high >= low) ways.push(all(text('-'), magnitudes(low, high)))
  }
  return one(...ways)
}

/** Numbers without sign from `low` to `high`, without leading zeros: one way for each number of digits. */
function upTo(low: number, high: number | null): Expression {
  const ways: Expression[] = []
  if (high !== null && high < low) return never
  const lowDigits = String(low)
  const longest = high === null ? Math.max(mostDigits, lowDigits.length) : String(high).length
  for (let length = lowDigits.length; length <= longest; length++) {
    const from = length === lowDigits.length ? lowDigits : `1${'0'.repeat(length - 1)}`
    const to = high !== null && length === String(high).length ? String(high) : '9'.repeat(length)
    ways.push(sameLength(from, to))
  }
  return one(...ways)
}

/** Numbers from `from` to `to`, which have the same number of digits. */
function sameLength(from: string, to: string): Expression {
  if (from === '') return all()
  const low = Number(from[0])
  const high = Number(to[0])
  const rest = from.length - 1
  const free = repeat(anyDigit, rest, rest)
  const isLowest = /^0*$/.test(from.slice(1))
  const isHighest = /^9*$/.test(to.slice(1))
  if (low === high)
    return isLowest && isHighest
      ? all(text(from[0]!), free)
      : all(text(from[0]!), sameLength(from.slice(1), to.slice(1)))
  const ways: Expression[] = []
  if (!isLowest) ways.push(all(text(from[0]!), sameLength(from.slice(1), '9'.repeat(rest))))
  const first = isLowest ? low : low + 1
  const last = isHighest ? high : high - 1
  if (first <= last) ways.push(all(digitBetween(first, last), free))
  if (!isHighest) ways.push(all(text(to[0]!), sameLength('0'.repeat(rest), to.slice(1))))
  return one(...ways)
}

/** A number between whole bounds; an exclusive bound only takes the whole number itself away. */
export function numbersBetween(included: Bounds, bounds: Bounds): Expression {
  return one(all(integersBetween(included), optional(text('.0'))), fractionsBetween(bounds))
}
