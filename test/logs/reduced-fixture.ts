// Logs of test/fixtures/logs and larger ones made here, reduced with the embedded model's tokenizer.

import { readFileSync } from 'node:fs'
import { visibleText } from '../../src/logs/control-codes.ts'
import { LineReader } from '../../src/logs/line-reader.ts'
import { Redactor } from '../../src/logs/redactor.ts'
import { type ReduceOptions, reduceLog } from '../../src/logs/reduce-log.ts'
import type { ReducedLog } from '../../src/logs/reduced-log.ts'
import { embeddedTokenizer } from '../tokenizer/embedded-tokenizer.ts'

export const countTokens = (text: string) => embeddedTokenizer.encodePlain(text).length

export function fixture(name: string): Uint8Array {
  return readFileSync(new URL(`../fixtures/logs/${name}`, import.meta.url))
}

export function reduced(content: string | Uint8Array, options: Partial<ReduceOptions> = {}): ReducedLog {
  return reduceLog(content, { logType: 'auto', budgetTokens: 1300, countTokens, ...options })
}

/** The lines of a log as they came. */
export function rawLines(content: string | Uint8Array): string[] {
  const lines: string[] = []
  const reader = new LineReader((raw) => lines.push(raw))
  reader.push(typeof content === 'string' ? Buffer.from(content) : content)
  reader.end()
  return lines
}

/** The original lines as a quote may show them, computed without the reduction: split, redacted in order. */
export function redactedLines(content: string | Uint8Array): string[] {
  const redactor = new Redactor()
  return rawLines(content).map((line) => redactor.redactLine(visibleText(line)))
}

/** A long CI log: progress, timestamps, repeated warnings, and one failure in the middle of its noise. */
export function longLog(lines: number, failure: string[], at: number): string {
  const all: string[] = []
  for (let i = 0; all.length < lines; i++) {
    if (all.length === at) all.push(...failure)
    const stamp = `2024-05-02T09:${String(Math.floor(i / 600) % 60).padStart(2, '0')}:${String(i % 60).padStart(2, '0')}.000Z`
    if (i % 50 === 0) all.push(`${stamp} WARN slow response from mirror-${i % 7}: ${i % 911} ms`)
    else all.push(`${stamp} [${i}/${lines}] compiled module_${(i * 7919) % 1009}.o in ${i % 13}.${i % 10}s`)
  }
  return `${all.slice(0, lines).join('\n')}\n`
}
