// A log as numbered lines. Lines end at \n only, so that numbers are those of an editor and of `sed -n`.

import { visibleText } from './control-codes.ts'
import { readableLine } from './json-line.ts'
import { withoutPrefix } from './line-prefix.ts'
import type { Redactor } from './redactor.ts'

export interface LogLine {
  /** 1-based, in the original. */
  number: number
  /** The visible, redacted line: what evidence quotes. */
  text: string
  /** `text` without prefixes, JSON made readable: what rules, templates and the pack look at. */
  body: string
}

/** Every line of a decoded log, redacted. A final \n starts no line. */
export function readLines(log: string, redactor: Redactor): LogLine[] {
  const lines: LogLine[] = []
  let start = 0
  while (start < log.length) {
    const newline = log.indexOf('\n', start)
    const end = newline === -1 ? log.length : newline
    const text = redactor.redactLine(visibleText(log.slice(start, end)))
    lines.push({ number: lines.length + 1, text, body: readableLine(withoutPrefix(text)) })
    start = end + 1
  }
  return lines
}
