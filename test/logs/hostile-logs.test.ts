// Logs made to break a reader. No test measures time: one that took minutes would fail by the runner's own limit.

import { describe, expect, it } from 'vitest'
import { reduceLog } from '../../src/logs/reduce-log.ts'
import { maxPackBytes, reducedLogSchema } from '../../src/logs/reduced-log.ts'
import { reduced } from './reduced-fixture.ts'

const megabyte = 1024 * 1024

/** Deterministic bytes without any structure. */
function noise(length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let state = 1
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[i] = state >>> 24
  }
  return bytes
}

const hostile: [string, () => string | Uint8Array][] = [
  ['one line of 5 MB', () => 'x'.repeat(5 * megabyte)],
  ['one line of 5 MB of words', () => 'error word '.repeat(5 * 95_000)],
  ['5 MB of binary', () => noise(5 * megabyte)],
  ['2 MB of NULs', () => new Uint8Array(2 * megabyte)],
  ['2 million empty lines', () => '\n'.repeat(2_000_000)],
  [
    '100,000 different lines',
    () =>
      Array.from({ length: 100_000 }, (_, i) => `${(i * 2_654_435_761) % 4_294_967_296} w${i} q${i * 31}x z`).join(
        '\n',
      ),
  ],
  [
    '100,000 failing lines',
    () => Array.from({ length: 100_000 }, (_, i) => `src/f${i}.c:${i}:1: error: thing ${i} is broken`).join('\n'),
  ],
  ['1 MB of carriage returns', () => `${'99%\r'.repeat(megabyte / 4)}done`],
  ['1 MB of unfinished escape codes', () => '\u001b[0;1'.repeat(megabyte / 6)],
  ['1 MB of unfinished terminal titles', () => '\u001b]0;'.repeat(megabyte / 4)],
  ['1 MB of opening brackets', () => `{"a":${'['.repeat(megabyte)}}`],
  ['1 MB of beginnings of tokens', () => '-eyJ-eyJhbGciOi'.repeat(megabyte / 15)],
  ['1 MB of beginnings of URLs', () => 'a://b:'.repeat(megabyte / 6)],
  ['1 MB of secret names', () => 'password password=password:token token=" '.repeat(megabyte / 41)],
  ['1 MB of quotes after a secret name', () => `secret="${'\\"'.repeat(megabyte / 2)}`],
  ['1 MB of beginnings of private keys', () => '-----BEGIN RSA PRIVATE KEY-----'.repeat(megabyte / 31)],
  ['1 MB of authorization headers', () => 'Authorization: Bearer '.repeat(megabyte / 22)],
  ['1 MB of logins', () => 'docker login mysql sshpass '.repeat(megabyte / 27)],
  ['lone surrogates', () => 'error: \ud800 \udc00 bad\n'.repeat(1000)],
]

describe('reducing a hostile log', () => {
  it.each(hostile)('ends with a valid result for %s', (_, make) => {
    const result = reduced(make())
    expect(reducedLogSchema.safeParse(result).success).toBe(true)
    expect(Buffer.byteLength(result.pack)).toBeLessThanOrEqual(maxPackBytes)
    expect(result.tokens).toBeLessThanOrEqual(1300)
    for (const { quote } of result.diagnosis.root_cause?.evidence ?? []) expect(quote.length).toBeLessThan(10_000)
  })

  it('finds the failure inside a line of 5 MB and shows a window around it', () => {
    const log = `${'a1b2 '.repeat(500_000)}fatal: disk quota exceeded on /srv ${'c3d4 '.repeat(500_000)}`
    const { diagnosis, pack } = reduced(log)
    expect(diagnosis.category).toBe('resource')
    expect(diagnosis.root_cause!.evidence[0]!.quote).toContain('disk quota exceeded')
    expect(log).toContain(diagnosis.root_cause!.evidence[0]!.quote)
    expect(pack).toContain('disk quota exceeded')
  })

  it('keeps the pack under 256 KB however large the budget is', () => {
    const log = Array.from(
      { length: 40_000 },
      (_, i) => `${(i * 7919) % 9973} ${i % 2 ? 'reads' : 'writes a block'} of file ${i}`,
    ).join('\n')
    const result = reduceLog(log, {
      logType: 'ci',
      budgetTokens: 10_000_000,
      countTokens: (text) => Math.ceil(text.length / 4),
    })
    expect(Buffer.byteLength(result.pack)).toBeLessThanOrEqual(maxPackBytes)
    expect(Buffer.byteLength(result.pack)).toBeGreaterThan(maxPackBytes / 2)
  })

  it('reduces 5 MB of an ordinary log', () => {
    const line = (i: number) =>
      `2024-05-02T09:00:00.${String(i % 1000).padStart(3, '0')}Z INFO worker-${i % 16} handled request ${i} in ${i % 97} ms`
    const lines = Array.from({ length: 60_000 }, (_, i) => line(i))
    lines[41_000] = 'panic: assignment to entry in nil map'
    const { diagnosis, reduction } = reduced(lines.join('\n'))
    expect(diagnosis.root_cause!.evidence[0]!.line_start).toBe(41_001)
    expect(reduction.templates).toBeLessThan(50)
  })
})
