// Ranks anchors so that the line a person would point at is first. A rule's weight says how telling it is; where the line
// stands in the log, and what it says in detail, moves it a little.

import type { Category } from './analysis.ts'
import type { Anchor, AnchorFinder } from './anchor-finder.ts'
import type { LineStore } from './line-store.ts'
import type { RunStructure } from './run-structure.ts'
import { detailScore } from './telling-details.ts'

/** Chains of exceptions link within this many lines. */
const chainReach = 80

/** Matches of a rule that are closer together than this are one cascade. */
const cascadeReach = 50

/** A general line that follows another one this closely follows from it. */
const consequenceReach = 12

/** A run that goes on for this many lines after a full disk or a refused connection did not fail of it. */
const survivedLines = 400

/** What failed is reported this many lines before somebody says that it has failed. */
const wrapperReach = 40

/** Symptoms that score less show where a failed run went wrong, not that it failed; unless the log ends with them. */
const tellingScore = 46

/** In the output of a test that passed, a line is what the test provoked. */
const passedTestPenalty = 45

/** A line with a level or a shape of failure is one however often it comes. */
const grave = 54

/** More than a line that only says that something failed, less than any other. */
const lastResortScore = 26

/** A warning that fails the run is as good as an error. */
const strictWarningScore = 18

/** The end of a log is where it failed. */
const tail = 0.85

/** A long log ends with its last lines, not with its last seventh. */
const lastLines = 15

/** What is left below this is noise: a log with nothing above it is clean. */
const minimumScore = 12

/** The run got over it, or is about to try. */
const recovered =
  /^\W{0,3}warn(?:ing)?\b|[\s[(|=]WARN(?:ING)?[\]:)|\s]|\bretrying\b|\bretry (?:in|after|attempt|\d)|\b(?:will|to) retry\b|\battempts? \d+(?: of |\/| failed)|\bignor(?:ed|ing)\b|\bnon-?fatal\b|\bdeprecat|\btrying again\b|\btry again in\b|\battempt #?\d+ caught\b/i

const exceptionHead = /^(?:Caused by: )?(?:[\w$]{1,80}\.){1,12}[A-Z]\w{1,80}(?:Exception|Error)\b/
const traceLine =
  /^\s+(?:at |\.\.\. \d)|^\s*(?:Caused by|Suppressed): |^(?:[\w$]{1,80}\.){1,12}[A-Z]\w{1,80}(?:Exception|Error)\b/
const warningLevel = /^\W{0,3}warn(?:ing)?\b|[\s[(|=]WARN(?:ING)?[\]:)|\s]/i
/** Lines of a stack that are followed up to the message above it. */
const maxTrace = 200

/** Failures of what a run stands on. */
const surroundings = new Set<Category>(['resource', 'network', 'permission', 'timeout'])

interface Context {
  lines: LineStore
  run: RunStructure
  /** How many lines share the template of each line. */
  templateCounts: Uint32Array
  /** Indexes of the lines that say that something has failed, ascending. */
  wrappers: number[]
}

/** The anchors of a log, best first; none when it shows no failure. */
export function rankAnchors(finder: AnchorFinder, lines: LineStore, templateCounts: Uint32Array): Anchor[] {
  const { run, found } = finder
  const wrappers = found
    .filter(([first]) => first!.rule.role === 'wrapper')
    .flatMap((anchors) => anchors.map(({ index }) => index))
    .sort((a, b) => a - b)
  const context = { lines, run, templateCounts, wrappers }
  for (const anchors of found) scoreRule(anchors, context)
  const scored = found.flat().filter((anchor) => anchor.score >= minimumScore)
  demoteConsequences(scored)
  return failures(scored, context).sort((a, b) => b.score - a.score || a.index - b.index)
}

function scoreRule(anchors: Anchor[], context: Context): void {
  let nth = 0
  anchors.forEach((anchor, at) => {
    const previous = anchors[at - 1]
    nth = previous !== undefined && anchor.index - previous.index <= cascadeReach ? nth + 1 : 0
    anchor.score = anchor.rule.weight + placeScore(anchor, context)
    if (anchor.rule.lastResort === true && !context.run.warningsAreErrors)
      anchor.score = Math.min(anchor.score, lastResortScore)
    // The first of a kind is the root, the others are its cascade.
    anchor.score -= Math.min(8, nth)
    const next = anchors[at + 1]
    if (anchor.rule.lastOfChain === true && next !== undefined && next.index - anchor.index < chainReach)
      anchor.score -= 12
  })
}

/** Of general lines close together, the first says what happened. */
function demoteConsequences(anchors: Anchor[]): void {
  const general = anchors.filter(({ rule }) => rule.general === true).sort((a, b) => a.index - b.index)
  const scores = general.map(({ score }) => score)
  general.forEach((anchor, at) => {
    for (let before = at - 1; before >= 0 && anchor.index - general[before]!.index <= consequenceReach; before--) {
      if (scores[before]! < anchor.score - 8) continue
      anchor.score -= 4
      return
    }
  })
}

function placeScore(anchor: Anchor, context: Context): number {
  const { lines, run, templateCounts, wrappers } = context
  const { index, rule } = anchor
  const body = lines.body(index).slice(0, 1000)
  let score = 0
  if (rule.general === true) score += detailScore(body)
  if (isRecovered(anchor, context)) score -= isOfWarning(lines, index) ? 30 : 15
  if (rule.lastResort === true && run.warningsAreErrors) score += strictWarningScore
  if (run.tests.passedAt(index)) score -= rule.sure === true ? passedTestPenalty / 2 : passedTestPenalty
  if (index < Math.max(run.lastFinalSuccess, run.lastPartSuccess)) {
    const failedAfter = (wrappers.at(-1) ?? -1) > index
    if (rule.role === 'cause') score -= failedAfter ? 6 : 42
    else score -= failedAfter ? 15 : 45
  }
  if (surroundings.has(rule.category) && rule.sure !== true && lines.length - index > survivedLines) score -= 12
  const place = run.placeOf(index)
  if (place === 'inside') score += 4
  if (place === 'outside') score -= 16
  if (rule.role === 'symptom') {
    const count = templateCounts[index]!
    // What appears all the time is how this system talks, not why it failed.
    if (count >= 100) score -= rule.weight >= grave ? 8 : 18
    else if (count >= 10) score -= rule.weight >= grave ? 5 : 10
    if (rule.general === true && index >= lines.length * tail) score += 5
    if (rule.general === true && precedesWrapper(index, wrappers)) score += 5
  }
  return score
}

/** A line that is sure to be a failure is one whatever its level; so is a warning where warnings are errors. */
function isRecovered({ rule, index }: Anchor, { lines, run }: Context): boolean {
  if (rule.sure === true || (rule.lastResort === true && run.warningsAreErrors)) return false
  return recovered.test(lines.body(index).slice(0, 1000)) || isOfWarning(lines, index)
}

/** An exception that a logger printed below its warning has no level of its own. */
function isOfWarning(lines: LineStore, index: number): boolean {
  if (!exceptionHead.test(lines.body(index).slice(0, 500))) return false
  for (let above = index - 1; above >= Math.max(0, index - maxTrace); above--) {
    const body = lines.body(above).slice(0, 500)
    if (!traceLine.test(body)) return warningLevel.test(body)
  }
  return false
}

function precedesWrapper(index: number, wrappers: number[]): boolean {
  const next = wrappers.find((wrapper) => wrapper > index)
  return next !== undefined && next - index <= wrapperReach
}

/** What is left when a run that ended well, or that only grumbled, is no failure. */
function failures(scored: Anchor[], context: Context): Anchor[] {
  const { lines, run, wrappers } = context
  const end = run.lastFinalSuccess
  const open = (wrappers.at(-1) ?? -1) > end ? scored : scored.filter(({ index }) => index > end)
  const tells = (anchor: Anchor) =>
    !isRecovered(anchor, context) && (anchor.rule.lastResort !== true || run.warningsAreErrors)
  const isFailure = (anchor: Anchor) =>
    anchor.rule.role === 'wrapper' || (anchor.score >= tellingScore && tells(anchor))
  if (open.some(isFailure)) return open
  const late = Math.min(Math.max(lines.length * tail, lines.length - lastLines), lines.length - 5)
  if (run.lastPartSuccess > late) return []
  return open.some((anchor) => anchor.index >= late && tells(anchor)) ? open.filter(tells) : []
}
