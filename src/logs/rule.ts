// A rule: one way in which a tool says that something failed. Rules are data; this file says what they may contain.

import type { Category, Fix, Phase, Reference, Severity } from './analysis.ts'

/** Neighbouring lines that belong to the failing one: as long as they match, at most `max`. */
export interface Extent {
  while: RegExp
  max: number
}

export interface LogRule {
  /** `tool/what`, unique. */
  id: string
  /**
   * Lowercase literals; a line without any of them is never tried. This is what makes a large log cheap.
   */
  hints: string[]
  /** Tried on a line without its prefixes, cut to a few thousand characters. Linear, not global. */
  pattern: RegExp
  /** A line that also matches this is no failure. */
  unless?: RegExp
  /** Global. Words of a line that say nothing about a failure: the pattern is tried without them. */
  ignore?: RegExp
  /**
   * `cause`: says what is wrong, where it is wrong. `symptom`: a failure without its reason, or one that often follows
   * from another. `wrapper`: only repeats that something failed; used when nothing better exists.
   */
  role: 'cause' | 'symptom' | 'wrapper'
  /** A rule of no particular tool: what the line says in detail counts too. */
  general?: boolean
  /** A failure whatever else the line says, be its level WARNING. */
  sure?: boolean
  /** Counts where warnings fail a run, and otherwise only in a failed log that has nothing better. */
  lastResort?: boolean
  /** 0-100: how likely the line is the one a person would point at. Causes 60-95, symptoms 35-60, wrappers 10-30. */
  weight: number
  category: Category
  phase: Phase
  severity: Severity
  above?: Extent
  below?: Extent
  /** A chain (`Caused by:`) names its root last: an earlier match gives way to a later one close by. */
  lastOfChain?: boolean
  /** For people: `$1` to `$9` are the pattern's groups. Without it the line itself is the statement. */
  statement?: string
  /** `$1` to `$9` as in `statement`. */
  fixes?: Fix[]
  prevention?: string[]
  references?: Omit<Reference, 'source'>[]
  examples: { positive: string[]; nearMiss: string[] }
}
