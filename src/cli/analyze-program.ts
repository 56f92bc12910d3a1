// The words and options of `analyze`, apart from what it does: that loads the model's runtime, which help does not need.

import { Command, InvalidArgumentError } from 'commander'

export interface AnalyzeOptions {
  type: string
  json?: boolean
  model: boolean
  url?: string
  key?: string
  seed?: number
  maxTokens?: number
}

export function analyzeProgram(act: (file: string | undefined, options: AnalyzeOptions) => Promise<void>): Command {
  return new Command('analyze')
    .description('find out why a build, test or service failed')
    .argument('[file]', 'the log; without it, or with -, standard input')
    .option('--type <type>', 'build, ci, application, system, kubernetes', 'auto')
    .option('--json', 'the Analysis as JSON')
    .option('--no-model', 'rules and cases only: no model explains')
    .option('--url <url>', 'let a running service analyse it')
    .option('--key <key>', 'API key of that service (default: the environment variable API_KEY)')
    .option('--seed <number>', 'the same seed gives the same words', wholeNumber)
    .option('--max-tokens <number>', 'most tokens of the explanation', wholeNumber)
    .addHelpText('after', '\nExit code 0: no failure found, 1: a failure found, 2: it could not be analysed.')
    .action(act)
}

function wholeNumber(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It is no whole number.')
}
