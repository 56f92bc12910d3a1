// `npm run eval`: how often the rules find the failing line of logs with a known one. No model takes part.
//
//   npm run eval                        both halves; exit code 1 when the test half misses a threshold
//   npm run eval -- --json              the figures for a program
//   npm run eval -- --case NAME         one case with all that was found
//   npm run eval -- --without-rules     how it does on tools that no rule knows: every tool's rules are off
//   npm run eval -- --show-misses       also names the test half's misses; never tune rules by them

import { Command } from 'commander'
import { readCases } from './case.ts'
import { embeddedAnalysis, evaluateHalf, generalRuleSet } from './evaluate.ts'
import { caseReport, halfReport, missReport } from './report.ts'
import { scoreOf, shortfalls } from './score.ts'

const options = new Command()
  .name('npm run eval --')
  .option('--json', 'the figures as JSON')
  .option('--case <name>', 'one case with all that was found')
  .option('--without-rules', 'with general rules only, those of every tool off')
  .option('--show-misses', "name the test half's misses too; never tune rules by them")
  .parse()
  .opts<{ json?: boolean; case?: string; showMisses?: boolean; withoutRules?: boolean }>()
const cases = readCases()
const analyze = embeddedAnalysis(options.withoutRules === true ? generalRuleSet : undefined)
process.exitCode = options.case === undefined ? all() : one(options.case)

function all(): number {
  const warmUp = cases.slice(0, 10)
  for (const { log } of warmUp) analyze(log)
  const halves = [evaluateHalf('dev', cases, analyze), evaluateHalf('test', cases, analyze)] as const
  const missed = shortfalls(halves[1].summaries[0]!.summary)
  if (options.json === true) {
    const figures = halves.map(({ half, cases: { length }, summaries }) => ({ half, logs: length, summaries }))
    process.stdout.write(`${JSON.stringify({ halves: figures, shortfalls: missed }, null, 2)}\n`)
  } else {
    for (const result of halves) {
      process.stdout.write(`${halfReport(result)}\n`)
      process.stdout.write(missReport(result, result.half === 'dev' || options.showMisses === true))
    }
    process.stdout.write(
      missed.length === 0 ? 'The test half reaches every threshold.\n' : `Test half: ${missed.join('; ')}\n`,
    )
  }
  return missed.length === 0 ? 0 : 1
}

function one(name: string): number {
  const found = cases.find((each) => each.name === name)
  if (found === undefined) {
    process.stderr.write(`error: no case is named ${name}; eval/labels has one file a case\n`)
    return 1
  }
  const answer = analyze(found.log)
  process.stdout.write(caseReport(found, scoreOf(found, answer), answer.output))
  return 0
}
