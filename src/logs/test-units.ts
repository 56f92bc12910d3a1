// Which parts of a log are the output of a test that passed. What such a test logs is no failure, however it reads: tests
// provoke errors on purpose. Runners announce a test and say afterwards how it went; what lies between is its output.

const start = new RegExp(
  [
    // Surefire; GoogleTest; go test -v; ctest -V; pytest with live logs; unittest -v; Gecko; Gradle; meson test -v
    String.raw`^(?:\[INFO\] )?Running (?:[a-z]\w*\.)+[A-Z][\w$]*$`,
    String.raw`^\[ RUN {6}\] `,
    String.raw`^=== (?:RUN|CONT) `,
    String.raw`^(?:test \d+$|\s*Start\s+\d+: )`,
    String.raw`^\S{1,200}\.py::(?!.{1,300} (?:PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS)\b)`,
    String.raw`^test_\w{1,200} \([\w.]{1,300}\) \.\.\. `,
    String.raw`^.{0,30}\bTEST-START \|`,
    String.raw`^\S.{0,200} > .{1,200} STANDARD_(?:OUT|ERR)$`,
    String.raw`^\s*\d+\/\d+ \S{1,200}\s+RUNNING\s*$`,
  ].join('|'),
)

const passed = new RegExp(
  [
    String.raw`\bTests run: [1-9]\d*, Failures: 0, Errors: 0, Skipped: \d+, Time`,
    String.raw`^\[ {7}OK \] `,
    String.raw`^\s*--- (?:PASS|SKIP): `,
    String.raw`^\s*\d+\/\d+ Test\s+#\d+: .{1,300}\s(?:Passed|Skipped)\b`,
    String.raw`^(?:PASSED|SKIPPED|XFAIL)\s{2,}\[ {0,2}\d`,
    String.raw`^(?:.{1,300} \.\.\. )?(?:ok|skipped)$`,
    String.raw`^.{0,30}\bTEST-(?:PASS|OK|END|KNOWN-FAIL) \|`,
    String.raw`^\S.{0,200} > .{1,200} PASSED$`,
    String.raw`^\s*\d+\/\d+ \S{1,200}\s+OK\s`,
  ].join('|'),
)

const failed =
  /<<< (?:FAILURE|ERROR)!|^\[ {2}FAILED {2}\] |^\s*--- FAIL: |^\s*\d+\/\d+ Test\s+#\d+: .{1,300}\*\*\*|^(?:FAILED|ERROR)\s{2,}\[ {0,2}\d|(?:^|\.\.\. )(?:FAIL|ERROR)$|\bTEST-UNEXPECTED-|^\S.{0,200} > .{1,200} FAILED$|^\s*\d+\/\d+ \S{1,200}\s+(?:FAIL|TIMEOUT|ERROR)\s/

/** A test without output, told in one line: what the line names, the reason of a skip above all, is no failure either. */
const passedInOneLine =
  /^\S{1,200}\.py::.{1,300} (?:PASSED|SKIPPED|XFAIL|XPASS)(?: \(.{0,300}\))?\s*\[ {0,2}\d{1,3}%\]$|^(?:SKIPPED \[\d{1,6}\]|XFAIL|XPASS) \S{1,200}\.py\b/

/** Almost every line that says something of a test has one of these. */
const telling =
  /Running |^test_|RUN|[Tt]ests? |TEST-|\.py::|Start |PASS|FAIL|SKIPPED|OK|ok$|skipped$|STANDARD_|RUNNING|ERROR|TIMEOUT/

const maxSpans = 100_000

export class TestUnits {
  /** Of each stretch of passed tests: first and last line, ascending. */
  readonly #spans: [number, number][] = []
  /** Where the test began that runs now; -1: none runs, or it has failed. */
  #open = -1

  add(index: number, body: string): void {
    if (body.length > 1000 || !telling.test(body)) return
    if (failed.test(body)) this.#open = -1
    else if (start.test(body)) this.#open = index
    else if (passedInOneLine.test(body)) this.#closeAlone(index)
    else if (this.#open !== -1 && passed.test(body)) {
      this.#close(index)
      // More of the same test may follow; the next one announces itself.
      this.#open = index
    }
  }

  /** Whether the line belongs to a test that passed. */
  passedAt(index: number): boolean {
    let low = 0
    let high = this.#spans.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#spans[middle]![0] <= index) low = middle
      else high = middle - 1
    }
    const span = this.#spans[low]
    return span !== undefined && span[0] <= index && index <= span[1]
  }

  /** Joined to the line right before it only: one between them is of a test that failed. */
  #closeAlone(index: number): void {
    this.#open = -1
    const last = this.#spans.at(-1)
    if (last !== undefined && last[1] === index - 1) last[1] = index
    else if (this.#spans.length < maxSpans) this.#spans.push([index, index])
  }

  #close(index: number): void {
    const last = this.#spans.at(-1)
    if (last !== undefined && this.#open <= last[1] + 2) last[1] = index
    else if (this.#spans.length < maxSpans) this.#spans.push([this.#open, index])
  }
}
