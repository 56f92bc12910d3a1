// Spans say where a line's redacted parts are: whoever replaces them gets the redacted line.

import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { visibleText } from '../../src/logs/control-codes.ts'
import { mostSpans, type RedactedSpan, redactedSpans } from '../../src/logs/redaction-spans.ts'
import { Redactor } from '../../src/logs/redactor.ts'
import { reduceLog } from '../../src/logs/reduce-log.ts'

const token = (letter: string) => `ghp_${letter.repeat(36)}`
const reduce = (log: string) =>
  reduceLog(log, { logType: 'auto', budgetTokens: 1000, countTokens: (text) => Math.ceil(text.length / 4) })

/** The line with its spans replaced. */
function marked(line: string, spans: readonly RedactedSpan[]): string {
  return [...spans].reverse().reduce((text, { start, end, placeholder }) => {
    return text.slice(0, start) + placeholder + text.slice(end)
  }, line)
}

/** What the redactor makes of lines, and what their spans make of them. */
function both(lines: string[]): { redacted: string[]; rebuilt: string[]; spans: RedactedSpan[] } {
  const redactor = new Redactor()
  const redacted = redactor.redactLines(lines)
  const spans = lines.map((original, i) =>
    redactedSpans(i + 1, { original, redacted: redacted[i]! }, (name) => redactor.secretOf(name)),
  )
  return { redacted, rebuilt: lines.map((line, i) => marked(line, spans[i]!)), spans: spans.flat() }
}

describe('spans', () => {
  it.each([
    ['one secret', [`token=${token('a')} used`]],
    ['the same one twice, and another', [`${token('a')} ${token('b')},${token('a')}`]],
    ['one in quotes that has what follows it', [`password="a,b", next, "c"`, 'PASSWORD=a,b, c']],
    [
      'a cookie with a token in it',
      ['Cookie: a=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl; session=0123456789abcdef'],
    ],
    ['one longer than is kept', [`API_KEY=${'k3Y'.repeat(300)} and more`]],
    [
      'a key of several lines',
      ['x -----BEGIN RSA PRIVATE KEY-----', 'MIIEowIBAAKCAQEA0123456789', '-----END RSA PRIVATE KEY----- y'],
    ],
    ['a log that was redacted before', ['token=[REDACTED:github-token:1] and', `[REDACTED:jwt:9] ${token('c')}`]],
    ['none', ['error: nothing to see', '']],
  ])('replaced in the line give the redacted line: %s', (_, lines) => {
    const { redacted, rebuilt } = both(lines)
    expect(rebuilt).toEqual(redacted)
  })

  it('do so for all recorded logs', () => {
    const folder = new URL('../../eval/logs/', import.meta.url)
    let seen = 0
    for (const name of readdirSync(folder).filter((file) => file.endsWith('.log'))) {
      const { redacted, rebuilt, spans } = both(
        readFileSync(new URL(name, folder), 'utf8').split('\n').map(visibleText),
      )
      expect(rebuilt, name).toEqual(redacted)
      seen += spans.length
    }
    expect(seen).toBeGreaterThan(10)
  })

  it('never go over the line or over each other, whatever is in it', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        token('a'),
        token('b'),
        'password="',
        '"',
        "token='x1y2z3w4'",
        '[REDACTED:jwt:1]',
        'a=',
        ' ',
        ',',
        ':',
      ),
      fc.string(),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const line = pieces.join('').replaceAll('\n', ' ')
        let last = 0
        for (const { start, end } of both([line]).spans) {
          expect(start).toBeGreaterThanOrEqual(last)
          expect(end).toBeGreaterThanOrEqual(start)
          last = end
        }
        expect(last).toBeLessThanOrEqual(line.length)
      }),
    )
  })
})

describe('an analysis', () => {
  it('has the spans of all lines, of the visible text, whether they fail or not', () => {
    const colour = '\u001b[31m'
    const log = [
      `${colour}curl -H ${token('a')}`,
      'fine',
      `50%\rthe token is ${token('b')} now`,
      'main.c:3:1: error: x',
    ].join('\n')
    expect(reduce(log).redaction).toEqual({
      count: 2,
      by_rule: { 'github-token': 2 },
      spans: [
        { line: 1, start: 8, end: 48, placeholder: '[REDACTED:github-token:1]' },
        { line: 3, start: 13, end: 53, placeholder: '[REDACTED:github-token:2]' },
      ],
    })
  })

  it('has a bounded number of them', () => {
    const log = Array.from({ length: 5000 }, () => `${token('a')} ${token('b')}`).join('\n')
    const { redaction } = reduce(log)
    expect(redaction.count).toBe(10_000)
    expect(redaction.spans).toHaveLength(mostSpans)
  })
})
