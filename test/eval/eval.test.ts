import { beforeAll, describe, expect, it } from 'vitest'
import { type Answer, firstMention, lastLines } from '../../eval/answer.ts'
import { type EvalCase, halfOf, readCases } from '../../eval/case.ts'
import { embeddedAnalysis, evaluateHalf } from '../../eval/evaluate.ts'
import { share } from '../../eval/interval.ts'
import { withoutColours } from '../../eval/lines.ts'
import { type HalfResult, missReport } from '../../eval/report.ts'
import { scoreOf, shortfalls, summaryOf } from '../../eval/score.ts'

const cases = readCases()

function madeCase(lines: [number, number][], log: string, secrets: string[] = []): EvalCase {
  const categories = lines.length === 0 ? (['none'] as const) : (['compile'] as const)
  const label = { scenario: 'made', format: 'plain', categories: [...categories], lines, texts: [], secrets }
  return { name: 'made', half: 'dev', label, log: Buffer.from(log) }
}

function answer(quotes: Answer['quotes'], rest: Partial<Answer> = {}): Answer {
  return { quotes, category: 'compile', output: quotes, timeMs: 1, ...rest }
}

describe('the set of labelled logs', () => {
  it('is large enough to say something, a sixth of it clean, with enough of both in each half', () => {
    expect(cases.length).toBeGreaterThanOrEqual(80)
    expect(cases.filter(({ label }) => label.lines.length === 0).length).toBeGreaterThanOrEqual(20)
    for (const half of ['dev', 'test']) {
      const own = cases.filter((each) => each.half === half)
      expect(own.length).toBeGreaterThanOrEqual(40)
      expect(own.filter(({ label }) => label.lines.length === 0).length).toBeGreaterThanOrEqual(10)
    }
  })

  it.each(cases)('labels lines that are there and say what failed: $name', ({ label, log }) => {
    const text = new TextDecoder().decode(log)
    const lines = text.split('\n')
    for (const [from, to] of label.lines) {
      expect(to).toBeGreaterThanOrEqual(from)
      for (const line of lines.slice(from - 1, to)) {
        expect(label.texts.some((each) => withoutColours(line).includes(each))).toBe(true)
      }
    }
    expect(label.lines.length === 0).toBe(label.categories.includes('none'))
    for (const secret of label.secrets) expect(text).toContain(secret)
  })

  it('puts every variant of a scenario into one half', () => {
    for (const each of cases) expect(each.half).toBe(halfOf(each.label.scenario))
  })
})

describe('the arithmetic', () => {
  it("gives Wilson's interval", () => {
    expect(share(9, 10)).toMatchObject({ value: 0.9 })
    expect(share(9, 10).low).toBeCloseTo(0.5958, 4)
    expect(share(9, 10).high).toBeCloseTo(0.9821, 4)
    expect(share(0, 5).low).toBe(0)
    expect(share(5, 5).high).toBe(1)
  })

  const log = 'one\ntwo error\nthree\nfour error\n'
  const wrong = { start: 4, end: 4, text: 'four error' }
  const right = { start: 1, end: 2, text: 'one\ntwo error' }

  it('counts a failing line in the first quote as hit@1, in any other as hit@any', () => {
    const failed = madeCase([[2, 2]], log)
    expect(scoreOf(failed, answer([right, wrong]))).toMatchObject({ right: true, any: true, category: true })
    expect(scoreOf(failed, answer([wrong, right]))).toMatchObject({ right: false, any: true })
    expect(scoreOf(failed, answer([wrong]))).toMatchObject({ right: false, any: false })
    expect(scoreOf(failed, answer([], { category: 'none' }))).toMatchObject({
      right: false,
      any: false,
      category: false,
    })
  })

  it('counts a clean log as right only without a quote', () => {
    expect(scoreOf(madeCase([], log), answer([]))).toMatchObject({ clean: true, right: true })
    expect(scoreOf(madeCase([], log), answer([wrong]))).toMatchObject({ clean: true, right: false })
  })

  it('notices a quote that is not the line, or not as many lines', () => {
    const failed = madeCase([[2, 2]], log)
    expect(scoreOf(failed, answer([right])).unfaithful).toBe(0)
    expect(scoreOf(failed, answer([{ ...right, text: 'one\ntwo errors' }])).unfaithful).toBe(1)
    expect(scoreOf(failed, answer([{ ...right, end: 3 }])).unfaithful).toBe(1)
  })

  it('takes a quote for faithful only when the secrets in it are replaced', () => {
    const url = 'postgres://app:hunter2-hunter2@db.example.org/x'
    const failed = madeCase([[1, 1]], `error at ${url}\n`, ['hunter2-hunter2'])
    const quote = (text: string) => answer([{ start: 1, end: 1, text }])
    expect(scoreOf(failed, quote(`error at ${url}`))).toMatchObject({ unfaithful: 1, leaks: ['hunter2-hunter2'] })
    const redacted = `error at ${url.replace('hunter2-hunter2', '[REDACTED:url-password:1]')}`
    expect(scoreOf(failed, quote(redacted))).toMatchObject({ unfaithful: 0, leaks: [] })
  })

  it('finds a leak anywhere in the output', () => {
    const failed = madeCase([[1, 1]], 'x hunter2-hunter2\n', ['hunter2-hunter2'])
    const output = { diagnosis: { fixes: [{ command: 'login hunter2-hunter2' }] } }
    expect(scoreOf(failed, answer([], { output })).leaks).toEqual(['hunter2-hunter2'])
  })

  it('sums up, and says what is below its threshold', () => {
    const failed = madeCase([[2, 2]], log)
    const scores = [
      scoreOf(failed, answer([right])),
      scoreOf(failed, answer([wrong])),
      scoreOf(madeCase([], log), answer([])),
    ]
    const summary = summaryOf(scores)
    expect(summary).toMatchObject({ failed: 2, hitAt1: { hits: 1, total: 2 }, clean: { hits: 1, total: 1 }, leaks: 0 })
    expect(shortfalls(summary)).toEqual(['hitAt1 is 0.500, below 0.85', 'hitAny is 0.500, below 0.95'])
  })

  it('has baselines that show the end, and the first mention', () => {
    const long = Buffer.from(`error 1\n${'x\n'.repeat(150)}error 2\n`)
    expect(lastLines(long).quotes[0]).toMatchObject({ start: 53, end: 152 })
    expect(firstMention(long).quotes).toEqual([{ start: 1, end: 1, text: 'error 1' }])
    expect(firstMention(Buffer.from('fine\n')).quotes).toEqual([])
  })
})

describe('the dev half', () => {
  let result: HalfResult
  beforeAll(() => {
    result = evaluateHalf('dev', cases, embeddedAnalysis())
  }, 60_000)

  it('reaches every threshold', () => {
    const missed = shortfalls(result.summaries[0]!.summary)
    expect(missed, missReport(result, true)).toEqual([])
  })

  it('points better than both baselines', () => {
    const [analysis, ...baselines] = result.summaries.map(({ summary }) => summary.hitAt1.value)
    for (const baseline of baselines) expect(analysis).toBeGreaterThan(baseline!)
  })
})
