// The largest logs that are accepted, made to break a reader. No test measures time: one that took minutes would fail by
// the runner's own limit.

import { describe, expect, it } from 'vitest'
import { reduceLog } from '../../src/logs/reduce-log.ts'
import { reducedLogSchema } from '../../src/logs/reduced-log.ts'

/** In pieces that end anywhere, as an upload comes, none of them kept. */
function* pieces(count: number, line: (i: number) => string): Generator<Uint8Array> {
  const perPiece = 5000
  for (let from = 0; from < count; from += perPiece) {
    yield Buffer.from(Array.from({ length: Math.min(perPiece, count - from) }, (_, i) => line(from + i)).join(''))
  }
}

const reduce = (content: Iterable<Uint8Array>) =>
  reduceLog(content, { logType: 'auto', budgetTokens: 1300, countTokens: (text) => Math.ceil(text.length / 4) })

describe('reducing a huge log', { timeout: 120_000 }, () => {
  const huge: [string, number, (i: number) => string][] = [
    ['one line of 20 MB', 20_000, () => 'error: word=value, '.padEnd(1000, 'x')],
    [
      'a million lines of different templates',
      1_000_000,
      (i) => `${(i * 7919) % 99_991} ${i.toString(36)}a q${i}x b${i * 3} ${i % 7}\n`,
    ],
    ['a million failing lines', 1_000_000, (i) => `src/f${i}.c:${i}:1: error: thing ${i} is broken\n`],
    ['50,000 deep JSON lines', 50_000, (i) => `{"level":"error","n":${i},"a":${'['.repeat(200)}${']'.repeat(200)}}\n`],
  ]

  it.each(huge)('ends with a valid result for %s', (_, count, line) => {
    const result = reduce(pieces(count, line))
    expect(reducedLogSchema.safeParse(result).success).toBe(true)
    expect(result.reduction.templates).toBeLessThanOrEqual(20_001)
  })

  it('takes about the memory of the log itself, beside what a small one takes', () => {
    const line = (i: number) =>
      `2024-05-02 10:00:00 INFO  request ${i} to /cart took ${i % 97} ms on server-${i % 31}\n`
    reduce(pieces(1000, line))
    const before = process.memoryUsage().arrayBuffers
    let most = 0
    const counted = function* () {
      for (const piece of pieces(300_000, line)) {
        most = Math.max(most, process.memoryUsage().arrayBuffers - before)
        yield piece
      }
    }
    const { counts } = reduce(counted())
    expect(most).toBeLessThan(2 * counts.reading.bytes!)
  })
})
