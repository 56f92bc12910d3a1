// What a log says about its own run: the steps it consists of, which of them failed, which lines only echo the commands
// that are about to run, which belong to tests that passed, and whether the run ended well.

import { TestUnits } from './test-units.ts'

const maxSteps = 4096
/** A group that is never closed is no echo of a script. */
const maxEchoLines = 400

/** GitHub Actions, Azure Pipelines, Jenkins, GitLab and Travis, mozharness, buildbot. */
const stepStart =
  /^(?:##\[group\]Run |Post job cleanup|##\[section\]Starting: |\[Pipeline\] \{ \(|\$ \S|##### Running |========= Started )/

/** Said by the CI system inside the step that failed. */
const stepFailed = /^##\[error\]|^The command ".{1,300}" (?:exited with [1-9]|failed and exited)/

/** Scripts and commands that are shown before they run; the line of a program that throws, which is not yet what it says. */
const echo =
  /^(?:>?\s*(?:raise \w|throw new |\d{1,6} \| )|\+{1,4} \S|\[command\]|##\[(?:command|debug|section|group)\]|\$ \S|::(?:group|debug)::)/

/** The whole run ended well. */
const finalSuccess =
  /\bBUILD SUCCESS(?:FUL)?\b|^Finished: SUCCESS|\bJob succeeded\b|(?:completed|run) with exit code:? 0\b|^Build succeeded\b|^Done\. Your build exited with 0|^The command ".{1,300}" exited with 0|^(?![\w.-]{1,80}[-_]\d{1,3} exited).{0,300}exited with (?:code|status):? 0\b|^Process finished with exit code 0\b/

/** A part of the run ended well; failures reported before it are of something else, or were expected. */
const partSuccess =
  /^=+ [1-9]\d* passed(?:, \d+ (?:skipped|warnings?|deselected|xfailed|xpassed))* in |^Tests:\s+[1-9]\d* passed, \d+ total|^test result: ok\b|Successfully (?:built|tagged|deployed|rolled out)|deployment .{1,100} successfully rolled out|\b[Aa]ll (?:tests|checks) passed\b|^100% tests passed|^\[ {2}PASSED {2}\]|^\s+\d+ passing\b|\b[1-9]\d* (?:examples|tests|specs|scenarios|runs)\b.{0,60}\b0 (?:failures|failed)\b(?!.{0,60}\b[1-9]\d* errors)|^Passed!\s+- Failed:\s+0|^OK(?: \(.{0,60}\))?$/

/** A summary that counts failures beside what passed: suites that failed and the tests of the others. */
const failedCount = /^\s*(?:Test Suites|Test Files|Suites|Files|Tests)\b.{0,100}?\b[1-9]\d* failed\b/
const summaryLines = 5

interface Step {
  start: number
  failed: boolean
}

/** What only warned has failed the run. */
const strict =
  /warnings? (?:being |are )?treated as errors?|\bwarnings found and -Werror|[Tt]reating warnings as errors|\b(?:fail|error) on warnings?\b|--max-warnings/

export class RunStructure {
  readonly tests = new TestUnits()
  #steps: Step[] = [{ start: 0, failed: false }]
  #failedSteps = 0
  #echoLeft = 0
  #lastFailedCount = -summaryLines - 1
  /** Index of the last line that says so; -1: none does. */
  lastFinalSuccess = -1
  lastPartSuccess = -1
  warningsAreErrors = false

  /** @returns whether the line only echoes a command or a script, so that it can't be a failure */
  add(index: number, body: string): boolean {
    if (body.length > 1000) return false
    if (stepStart.test(body) && this.#steps.length < maxSteps) this.#steps.push({ start: index, failed: false })
    if (body.startsWith('##[group]Run ')) this.#echoLeft = maxEchoLines
    if (body.startsWith('##[endgroup]')) this.#echoLeft = 0
    if (this.#echoLeft > 0) {
      this.#echoLeft--
      return true
    }
    this.tests.add(index, body)
    if (stepFailed.test(body)) this.#fail()
    if (strict.test(body)) this.warningsAreErrors = true
    // GitHub cleans up after every job; a job without an error until then has ended well.
    if (body.startsWith('Cleaning up orphan processes') && this.#failedSteps === 0) this.lastFinalSuccess = index
    if (finalSuccess.test(body)) this.lastFinalSuccess = index
    else if (partSuccess.test(body) && index - this.#lastFailedCount > summaryLines) this.lastPartSuccess = index
    if (failedCount.test(body)) this.#lastFailedCount = index
    return echo.test(body)
  }

  /** `inside`: in a step that failed. `outside`: in another one. `unknown`: the log has no steps, or none that failed. */
  placeOf(index: number): 'inside' | 'outside' | 'unknown' {
    if (this.#failedSteps === 0 || this.#steps.length < 2) return 'unknown'
    let low = 0
    let high = this.#steps.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#steps[middle]!.start <= index) low = middle
      else high = middle - 1
    }
    return this.#steps[low]!.failed ? 'inside' : 'outside'
  }

  #fail(): void {
    const step = this.#steps.at(-1)!
    if (!step.failed) this.#failedSteps++
    step.failed = true
  }
}
